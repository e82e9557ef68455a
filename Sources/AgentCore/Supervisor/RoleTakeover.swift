import LinuxNetworking

/// A role's process, whatever its messages.
protocol SupervisedRole: AnyObject {
  /// Takes the process over that a supervisor before this one has left; false if there is none.
  func takeOver() -> Bool
  /// Has the next process taken for a replacement.
  func expectRemains()
  /// Ends a process that runs another version of the program.
  func replaceIfOutdated()
  /// Ends the process at once.
  func kill()
}

extension RoleProcess: SupervisedRole {}

/// The roles that an earlier supervisor has left running, until each has handed back what it was lent, or has ended.
///
///     begin ─► a role is found ─► it hands back sockets and devices ─► settled ─► … the last one ─► onCompletion
final class RoleTakeover {
  /// Called when the last role is whole again with this supervisor, or has ended; not if none was found.
  var onCompletion: () -> Void = {}
  /// What has been handed back so far.
  var sockets = HandedBackSockets()

  private let roles: [Role: any SupervisedRole]
  /// The roles that have not handed back everything yet; nil before any was looked for.
  private var pending: Set<Role>?
  private var patienceTimer: EventTimer?

  /// How long a role may take to hand everything back.
  private static let patience = Duration.seconds(2)

  init(_ roles: [Role: any SupervisedRole], loop: EventLoop) throws(LinuxError) {
    self.roles = roles
    patienceTimer = try loop.makeTimer { [unowned self] in killSilentRoles() }
  }

  /// Whether everything is back that there was.
  var isComplete: Bool { pending?.isEmpty == true }

  /// Looks for roles that were left, the first time that it is called.
  func begin() {
    guard pending == nil else { return }
    let found = Set(roles.filter { $0.value.takeOver() }.keys)
    pending = found
    guard !found.isEmpty else { return }
    // One that is missing has died with its supervisor: its successor is told that it is one.
    for role in roles.values { role.expectRemains() }
    patienceTimer?.schedule(after: RoleTakeover.patience)
  }

  /// A role is whole again with this supervisor, or has ended.
  func settled(_ role: Role) {
    guard pending?.remove(role) != nil, isComplete else { return }
    patienceTimer?.schedule(at: nil)
    for role in roles.values { role.replaceIfOutdated() }
    onCompletion()
    sockets = HandedBackSockets()
  }

  private func killSilentRoles() {
    for role in pending ?? [] { roles[role]?.kill() }
  }
}
