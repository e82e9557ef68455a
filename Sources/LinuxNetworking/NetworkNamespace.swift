import CLinux
import Glibc

/// A named network namespace, as `ip netns` keeps them under `/run/netns`.
public struct NetworkNamespace: Hashable, Sendable {
  /// The name.
  public let name: String

  /// The namespace called `name`, whether it exists or not.
  public init(_ name: String) { self.name = name }

  /// Where the namespace is mounted.
  public var path: String { "/run/netns/\(name)" }

  /// Whether a namespace of this name exists.
  public var exists: Bool { access(path, F_OK) == 0 }

  /// A descriptor that keeps the namespace alive.
  public func open() throws(LinuxError) -> FileDescriptor { try FileDescriptor(path: path) }

  /// Moves the calling thread into the namespace for good; sockets that it opens from here on belong there.
  public func enter() throws(LinuxError) {
    try NetworkNamespace.enter(open(), name: name)
  }

  /// Runs `body` inside the namespace and comes back; the thread must not change meanwhile.
  public func inside<Result>(_ body: () throws -> Result) throws -> Result {
    let home = try FileDescriptor(path: "/proc/thread-self/ns/net")
    try enter()
    defer { try? NetworkNamespace.enter(home, name: "of the thread") }
    return try body()
  }

  private static func enter(_ descriptor: FileDescriptor, name: String) throws(LinuxError) {
    _ = try check("enter network namespace \(name)", clinux_enter_network_namespace(descriptor.rawValue))
  }
}
