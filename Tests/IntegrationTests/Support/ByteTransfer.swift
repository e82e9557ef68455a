import FabricTestKit
import Foundation
import Glibc
import LinuxNetworking
import Testing

/// Bytes that one host sends to another over TCP, and what comes out there.
struct ByteTransfer {
  private let sent: [UInt8]
  private var received: [UInt8] = []

  /// Whether all of them arrived as they were sent.
  var isComplete: Bool { received == sent }

  /// Sends `count` bytes that no compressor and no mistake could guess, and waits for them for at most `limit` seconds.
  ///
  /// - Parameters:
  ///   - source: the sender's namespace.
  ///   - destination: the receiver's namespace, and its IPv4 address there.
  init(
    _ count: Int, from source: NetworkNamespace, to destination: (namespace: NetworkNamespace, address: String),
    limit: Int = 60
  ) throws {
    let random = SeededRandom(seed: UInt64(count))
    sent = random.randomBytes(count)
    let listener = try destination.namespace.inside { try Self.socket() }
    let port = try Self.listen(listener)
    let sender = try source.inside { try Self.socket() }
    _ = Self.withAddress(destination.address, port: port) { connect(sender.rawValue, $0, $1) }
    let deadline = ContinuousClock.now + .seconds(limit)
    guard try Self.wait(for: listener, POLLIN, until: deadline) else { return }
    let receiver = FileDescriptor(owning: try succeed("accept", accept(listener.rawValue, nil, nil)))
    try receiver.setNonBlocking()
    try move(from: sender, to: receiver, until: deadline)
  }

  private mutating func move(
    from sender: FileDescriptor, to receiver: FileDescriptor, until deadline: ContinuousClock.Instant
  ) throws {
    var written = 0
    while received.count < sent.count, ContinuousClock.now < deadline {
      if written < sent.count {
        written += max(
          0, sent[written...].withUnsafeBytes { send(sender.rawValue, $0.baseAddress, $0.count, noSignal) })
      }
      if try Self.wait(for: receiver, POLLIN, until: .now + .milliseconds(20)) {
        received += try receiver.read(upTo: 1 << 16)
      }
    }
  }

  private let noSignal = Int32(MSG_NOSIGNAL)

  private static func socket() throws -> FileDescriptor {
    let descriptor = FileDescriptor(
      owning: try succeed("socket", Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)))
    try descriptor.setNonBlocking()
    return descriptor
  }

  private static func listen(_ socket: FileDescriptor) throws -> UInt16 {
    _ = try withAddress("0.0.0.0", port: 0) { try succeed("bind", bind(socket.rawValue, $0, $1)) }
    _ = try succeed("listen", Glibc.listen(socket.rawValue, 1))
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = try withUnsafeMutablePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try succeed("getsockname", getsockname(socket.rawValue, $0, &length))
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func withAddress<Result>(
    _ address: String, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) rethrows -> Result {
    var own = sockaddr_in()
    own.sin_family = sa_family_t(AF_INET)
    own.sin_port = port.bigEndian
    inet_pton(AF_INET, address, &own.sin_addr)
    return try withUnsafePointer(to: &own) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func wait(
    for descriptor: FileDescriptor, _ events: Int32, until deadline: ContinuousClock.Instant
  ) throws -> Bool {
    let left = ContinuousClock.now.duration(to: deadline)
    let milliseconds = max(0, left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
    var entry = pollfd(fd: descriptor.rawValue, events: Int16(events), revents: 0)
    return try succeed("poll", poll(&entry, 1, Int32(milliseconds))) > 0
  }
}

/// The result of a system call, unless it failed.
private func succeed(_ name: String, _ result: Int32) throws -> Int32 {
  let reason = errno
  try #require(result >= 0, "\(name): \(String(cString: strerror(reason)))")
  return result
}
