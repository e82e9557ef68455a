import CLinux
import Glibc
import WireFormat

/// A process that we started, or have taken over from the one that did; it goes on running when this value is released.
public final class ChildProcess: Sendable {
  /// The process id, for logs; signals go by the descriptor, which never means another process.
  public let identifier: Int32
  /// Becomes readable when the process has ended, for an `EventLoop` to watch.
  public let descriptor: FileDescriptor

  /// Starts a program. Throws the reason when it cannot be executed or its namespace cannot be entered.
  public init(_ program: Program) throws(LinuxError) {
    guard let path = Program.find(program.executable) else {
      throw LinuxError("start \(program.executable)", code: ENOENT)
    }
    let namespace = try program.namespace?.open()
    let input = if let given = program.standardInput { given } else { try FileDescriptor(path: "/dev/null") }
    let numbers =
      [
        input.rawValue, program.standardOutput?.rawValue ?? STDOUT_FILENO,
        program.standardError?.rawValue ?? STDERR_FILENO,
      ]
      + program.inherited.map(\.rawValue)
    let arguments = CStrings([path] + program.arguments)
    let environment = CStrings(program.environment.map { "\($0.key)=\($0.value)" })
    var pidfd: Int32 = -1
    let result = path.withCString { path in
      numbers.withUnsafeBufferPointer { numbers in
        var process = clinux_process(
          path: path, arguments: arguments.pointers, environment: environment.pointers,
          descriptors: numbers.baseAddress, descriptor_count: UInt32(numbers.count),
          network_namespace: namespace?.rawValue ?? -1, new_process_group: program.leadsProcessGroup)
        return clinux_spawn(&process, &pidfd)
      }
    }
    withExtendedLifetime((namespace, input, program, arguments, environment)) {}
    identifier = try check("start \(path)", result)
    descriptor = FileDescriptor(owning: pidfd)
  }

  /// Takes over a process that another one has started: its end can be seen, but not how it ended.
  ///
  /// Throws `ESRCH` if there is no such process.
  public init(adopting identifier: Int32) throws(LinuxError) {
    self.identifier = identifier
    descriptor = FileDescriptor(owning: try check("take over process \(identifier)", clinux_pidfd_open(identifier)))
  }

  /// Sends a signal; does nothing when the process has ended.
  public func signal(_ number: Int32) { _ = clinux_pidfd_signal(descriptor.rawValue, number) }

  /// How the process ended, or nil while it runs. To be asked until it answers once; then the process is gone.
  public func reap() throws(LinuxError) -> ExitStatus? {
    var status: Int32 = 0
    let result = clinux_pidfd_reap(descriptor.rawValue, &status)
    if result == -ECHILD { return hasEnded ? .unobserved : nil }
    guard try check("waitid", result) == 1 else { return nil }
    return status < 0 ? .signalled(-status) : .exited(status)
  }

  private var hasEnded: Bool {
    var poll = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, 0) > 0
  }

  /// Waits for the end for at most `timeout`; nil when the process is still running then.
  public func wait(timeout: Duration) throws(LinuxError) -> ExitStatus? {
    let deadline = SystemClock.now.advanced(by: timeout)
    while true {
      if let status = try reap() { return status }
      let left = SystemClock.now.duration(to: deadline)
      if left <= .zero { return nil }
      var poll = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
      _ = Glibc.poll(&poll, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1))
    }
  }
}

/// A null-terminated array of C strings that lives as long as this value.
private final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ texts: [String]) {
    count = texts.count
    pointers = .allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { pointers.advanced(by: index).initialize(to: strdup(text)) }
    pointers.advanced(by: count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}
