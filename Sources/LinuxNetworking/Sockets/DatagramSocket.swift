import CLinux
import Glibc
import WireFormat

/// A socket that moves batches of datagrams in one system call.
public protocol DatagramSocket: AnyObject {
  /// The socket.
  var descriptor: FileDescriptor { get }
  /// The IP version of its packets.
  var family: IPAddress.Family { get }
}

extension DatagramSocket {
  /// Lets `DatagramBatch` know DSCP and ECN of what comes in.
  public func receiveTrafficClass() throws(LinuxError) {
    if family == .v4 {
      try descriptor.setOption(Int32(IPPROTO_IP), IP_RECVTOS, 1, name: "IP_RECVTOS")
    } else {
      try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_RECVTCLASS, 1, name: "IPV6_RECVTCLASS")
    }
  }

  /// Has every packet sent with don't-fragment, whatever the system believes of the path's MTU, and lets
  /// `takePathMTUReports` know of those that were too big.
  public func neverFragment() throws(LinuxError) {
    try discoverPathMTU(family == .v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE)
    if family == .v4 {
      try descriptor.setOption(Int32(IPPROTO_IP), IP_RECVERR, 1, name: "IP_RECVERR")
    } else {
      try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_RECVERR, 1, name: "IPV6_RECVERR")
    }
  }

  /// Lets the system and, with IPv4, routers on the way cut what `body` sends where it is larger than the path carries; a
  /// socket that refuses the change sends whole packets as before.
  public func allowingFragmentation<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let way = try? pathMTUDiscovery() else { return try body() }
    try? discoverPathMTU(family == .v4 ? IP_PMTUDISC_DONT : IPV6_PMTUDISC_DONT)
    // Only the sender cuts packets of IPv6, and without ICMP it knows of no size but the one that always passes.
    if family == .v6 { setFragmentSize(1280) }
    defer {
      if family == .v6 { setFragmentSize(0) }
      try? discoverPathMTU(way)
    }
    return try body()
  }

  /// ipv6(7); 0 for no limit of our own.
  private func setFragmentSize(_ size: Int32) {
    try? descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_MTU, size, name: "IPV6_MTU")
  }

  /// Whether the socket's buffer is less than half full, which is 512 KiB of packets and what the system needs beside
  /// them: then a few hundred more will not be refused.
  public var hasRoom: Bool {
    var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
    return poll(&request, 1, 0) != 0
  }

  /// Whether the packets that wait to be received take more than half of the socket's buffer.
  public var isCrowded: Bool {
    // SK_MEMINFO_RMEM_ALLOC and SK_MEMINFO_RCVBUF come first of the nine numbers (linux/sock_diag.h).
    var memory = InlineArray<9, UInt32>(repeating: 0)
    var length = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
    guard getsockopt(descriptor.rawValue, SOL_SOCKET, SO_MEMINFO, &memory, &length) == 0 else { return false }
    return memory[0] > memory[1] / 2
  }

  func pathMTUDiscovery() throws(LinuxError) -> Int32 {
    var way: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let (level, option) =
      family == .v4 ? (Int32(IPPROTO_IP), IP_MTU_DISCOVER) : (Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER)
    try checkErrno("MTU_DISCOVER", getsockopt(descriptor.rawValue, level, option, &way, &length))
    return way
  }

  func discoverPathMTU(_ way: Int32) throws(LinuxError) {
    if family == .v4 {
      try descriptor.setOption(Int32(IPPROTO_IP), IP_MTU_DISCOVER, way, name: "IP_MTU_DISCOVER")
    } else {
      try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, way, name: "IPV6_MTU_DISCOVER")
    }
  }

  /// Takes what routers and this system have said of datagrams that were too big. Unanswered errors keep a socket ready
  /// to read, so that an `EventLoop` would turn for nothing.
  public func takePathMTUReports() -> [PathMTUReport] {
    var reports: [PathMTUReport] = []
    var quote = [UInt8](repeating: 0, count: 64)
    while true {
      var error = clinux_path_error()
      let length = clinux_take_path_error(descriptor.rawValue, &error, &quote, quote.count)
      guard length >= 0 else { return reports }
      let destination = withUnsafeBytes(of: error.destination) { SocketAddress.read($0) }
      guard error.code == EMSGSIZE, let destination else { continue }
      reports.append(
        PathMTUReport(
          destination: destination, mtu: Int(error.mtu), isLocal: error.is_local, quote: Array(quote[..<Int(length)])))
    }
  }
}

/// What is known of a datagram that was too big for the way to its destination (RFC 1191, RFC 8201).
public struct PathMTUReport: Equatable, Sendable {
  /// Where the datagram was to go.
  public let destination: Endpoint
  /// The largest IP packet that would have passed, in bytes; 0 if a router of old does not say.
  public let mtu: Int
  /// Whether this system says so, of its own interface; a router's word may be anybody's.
  public let isLocal: Bool
  /// The first bytes of the datagram behind its UDP header, as far as they were quoted.
  public let quote: [UInt8]
}
