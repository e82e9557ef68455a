import CLinux
import Glibc

/// A place in the file system where a process that outlives its partner is found again by another.
///
/// One process binds the socket, where only it and its like may go; another, which need have no right there, listens on
/// it. Whoever connects learns from the kernel which process that is (unix(7), SO_PEERCRED).
public final class Rendezvous: Sendable {
  /// The descriptor under which a role finds its rendezvous, behind its channel.
  public static let inheritedDescriptor: Int32 = MessageChannel.inheritedDescriptor + 1

  /// The socket, for an `EventLoop` to watch or a child process to inherit.
  public let descriptor: FileDescriptor

  /// Binds a socket to `path`, in the place of one that is there. Whoever may enter the directory may connect.
  public init(binding path: String) throws(LinuxError) {
    descriptor = try .rendezvousSocket()
    unlink(path)
    try withUnixAddress(path) { address, length throws(LinuxError) in
      _ = try checkErrno("bind \(path)", bind(descriptor.rawValue, address, length))
    }
  }

  private init(adopting descriptor: FileDescriptor) { self.descriptor = descriptor }

  /// The rendezvous that the supervisor has put on descriptor 4, on which this process listens from here on.
  public static func inherited() throws(LinuxError) -> Rendezvous {
    let flags = try checkErrno("adopt descriptor 4", fcntl(inheritedDescriptor, F_GETFD))
    try checkErrno("adopt descriptor 4", fcntl(inheritedDescriptor, F_SETFD, flags | FD_CLOEXEC))
    let rendezvous = Rendezvous(adopting: FileDescriptor(owning: inheritedDescriptor))
    try rendezvous.listen()
    return rendezvous
  }

  /// Lets others connect, who will see this process as the one that they have reached.
  public func listen() throws(LinuxError) { try checkErrno("listen", Glibc.listen(descriptor.rawValue, 4)) }

  /// The channel to a process that has connected; nil if there is none. Only root's processes are let in.
  public func accept() throws(LinuxError) -> MessageChannel? {
    let number = Glibc.accept(descriptor.rawValue, nil, nil)
    if number < 0, errno == EAGAIN || errno == EINTR || errno == ECONNABORTED { return nil }
    let visitor = FileDescriptor(owning: try checkErrno("accept", number))
    try checkErrno("fcntl F_SETFD", fcntl(visitor.rawValue, F_SETFD, FD_CLOEXEC))
    guard try visitor.peer().user == 0 else { return nil }
    return MessageChannel(adoptingConnected: visitor)
  }

  /// Connects to the process that listens at `path`; nil if there is none.
  public static func connect(to path: String) throws(LinuxError) -> (channel: MessageChannel, process: Int32)? {
    let socket = try FileDescriptor.rendezvousSocket()
    let result = try withUnixAddress(path) { address, length throws(LinuxError) in
      Glibc.connect(socket.rawValue, address, length) == 0 ? 0 : errno
    }
    if [ENOENT, ECONNREFUSED, EAGAIN].contains(result) { return nil }
    if result != 0 { throw LinuxError("connect to \(path)", code: result) }
    return (MessageChannel(adoptingConnected: socket), try socket.peer().process)
  }
}

extension MessageChannel {
  /// Takes over a connected socket that was not made by `pair`.
  fileprivate convenience init(adoptingConnected descriptor: FileDescriptor) {
    descriptor.setBufferSizes(Int32(4 * MessageChannel.maximumMessageSize))
    self.init(adopting: descriptor)
  }
}

extension FileDescriptor {
  fileprivate static func rendezvousSocket() throws(LinuxError) -> FileDescriptor {
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return FileDescriptor(owning: try checkErrno("socket", socket(AF_UNIX, type, 0)))
  }

  /// The process and user at the other end, as the kernel knows them.
  fileprivate func peer() throws(LinuxError) -> (process: Int32, user: UInt32) {
    // struct ucred: process, user, group.
    var credentials: [Int32] = [0, -1, -1]
    var length = socklen_t(MemoryLayout<Int32>.stride * credentials.count)
    try checkErrno("SO_PEERCRED", getsockopt(rawValue, SOL_SOCKET, SO_PEERCRED, &credentials, &length))
    return (credentials[0], UInt32(bitPattern: credentials[1]))
  }
}

/// Calls `body` with the address of a unix socket. Goes by a descriptor of the directory, as the kernel takes no more
/// than 107 bytes.
private func withUnixAddress<Result>(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(LinuxError) -> Result
) throws(LinuxError) -> Result {
  let slash = path.lastIndex(of: "/")
  let directory = try FileDescriptor(
    path: slash.map { String(path[...$0]) } ?? ".", flags: O_RDONLY | O_DIRECTORY)
  let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
  let short = Array("/proc/self/fd/\(directory.rawValue)/\(name)".utf8)
  var address = sockaddr_un()
  guard short.count < MemoryLayout.size(ofValue: address.sun_path) else {
    throw LinuxError("use the socket \(path)", code: ENAMETOOLONG)
  }
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short) }
  defer { withExtendedLifetime(directory) {} }
  return try withUnsafePointer(to: &address) { pointer throws(LinuxError) in
    try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(LinuxError) in
      try body(address, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
}
