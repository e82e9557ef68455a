import CLinux
import Glibc

/// A Linux capability that some role of the agent keeps (capabilities(7)).
public enum Capability: UInt64, Sendable, CaseIterable {
  /// Files that are made for another user (chown).
  case changeOwner = 0
  /// Files of other users.
  case accessFiles = 1
  /// Signals to processes of other users.
  case signalProcesses = 5
  /// Becoming another group.
  case changeGroup = 6
  /// Becoming another user.
  case changeUser = 7
  /// Giving capabilities up for good, also for programs executed later.
  case limitCapabilities = 8
  /// Ports below 1024.
  case bindLowPorts = 10
  /// Interfaces, addresses, routes, nftables.
  case networkAdministration = 12
  /// Raw sockets.
  case rawSockets = 13
  /// Much of what root may; FRR's daemons do not start without it.
  case systemAdministration = 21
}

/// What the process may do; it only ever gets less.
public enum Privileges {
  /// The user and group that a role without privileges runs as: `nobody` and `nogroup` of Debian.
  public static let unprivilegedUser: UInt32 = 65534

  /// Becomes an unprivileged user with no capabilities but `kept`, for good and for every program executed from here.
  ///
  /// Descriptors that are open stay usable. To be called before any other thread starts: capabilities are per thread.
  public static func drop(
    keeping kept: Set<Capability> = [], becoming user: UInt32 = unprivilegedUser
  ) throws(LinuxError) {
    let mask = kept.reduce(UInt64(0)) { $0 | 1 << $1.rawValue }
    _ = try check("drop capabilities from the bounding set", clinux_limit_bounding_set(mask))
    _ = try check("become user \(user)", clinux_become(user, user))
    _ = try check("drop capabilities", clinux_limit_capabilities(mask))
  }

  /// Stays the same user with no capabilities but `kept`, for good and for every program executed from here.
  public static func limit(to kept: Set<Capability>) throws(LinuxError) {
    let mask = kept.reduce(UInt64(0)) { $0 | 1 << $1.rawValue }
    _ = try check("drop capabilities from the bounding set", clinux_limit_bounding_set(mask))
    _ = try check("drop capabilities", clinux_limit_capabilities(mask))
  }

  /// Whether this thread has the capability now.
  public static func has(_ capability: Capability) -> Bool {
    var mask: UInt64 = 0
    return clinux_effective_capabilities(&mask) >= 0 && mask >> capability.rawValue & 1 == 1
  }
}
