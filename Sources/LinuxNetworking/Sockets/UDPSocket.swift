import CLinux
import Glibc
import WireFormat

/// A bound, non-blocking UDP socket for IPv4 or IPv6.
public final class UDPSocket: DatagramSocket {
  /// The socket, for an `EventLoop` to watch or a `MessageChannel` to pass on.
  public let descriptor: FileDescriptor
  /// The address and port it is bound to.
  public let localEndpoint: Endpoint

  /// Binds a socket to an address of this machine; port 0 lets the system choose one.
  ///
  /// - Parameters:
  ///   - endpoint: where to bind; `0.0.0.0` or `::` for every address (then of that family alone).
  ///   - interface: the only interface to send and receive by, if any; needs CAP_NET_RAW.
  public init(bindingTo endpoint: Endpoint, interface: String? = nil) throws(LinuxError) {
    descriptor = try .boundSocket(type: SOCK_DGRAM, protocolNumber: 0, to: endpoint, interface: interface)
    localEndpoint = try descriptor.localEndpoint()
  }

  /// Takes over a bound UDP socket that another process opened.
  public init(adopting descriptor: FileDescriptor) throws(LinuxError) {
    self.descriptor = descriptor
    localEndpoint = try descriptor.localEndpoint()
  }

  /// The IP version of its packets.
  public var family: IPAddress.Family { localEndpoint.address.family }

  /// Lets the system join the datagrams of a flow into trains for `DatagramBatch`, where it knows how.
  public func receiveTrains() {
    // An older kernel hands over each datagram by itself, which is a train of one.
    try? descriptor.setOption(Int32(IPPROTO_UDP), UDP_GRO, 1, name: "UDP_GRO")
  }

  /// Sends one datagram; false when the system's buffer is full.
  public func send(_ datagram: [UInt8], to endpoint: Endpoint) throws(LinuxError) -> Bool {
    guard datagram.count > UDPSocket.fitsEveryPath else { return try attemptTwice(datagram, to: endpoint) }
    // An IKE message may be cut on its way, also by a socket whose ESP packets may not.
    return try allowingFragmentation { () throws(LinuxError) in try attemptTwice(datagram, to: endpoint) }
  }

  /// RFC 8200 section 5: every IPv6 path carries 1280 bytes; headers of IPv6 and UDP are taken off.
  private static let fitsEveryPath = 1232

  /// The first error may be one that a router reported of an earlier datagram.
  private func attemptTwice(_ datagram: [UInt8], to endpoint: Endpoint) throws(LinuxError) -> Bool {
    do throws(LinuxError) { return try attempt(datagram, to: endpoint) } catch {}
    return try attempt(datagram, to: endpoint)
  }

  private func attempt(_ datagram: [UInt8], to endpoint: Endpoint) throws(LinuxError) -> Bool {
    let sent = SocketAddress(endpoint).withPointer {
      sendto(descriptor.rawValue, datagram, datagram.count, Int32(MSG_NOSIGNAL), $0, $1)
    }
    if sent >= 0 { return true }
    let code = errno
    if code == EAGAIN || code == ENOBUFS { return false }
    throw LinuxError("send to \(endpoint)", code: code)
  }
}

/// A raw socket for IP protocol 50 (RFC 4303): ESP without UDP around it. Needs CAP_NET_RAW to open.
///
/// What it sends gets its IP header from the system. What it receives over IPv4 begins with the IP header.
public final class RawESPSocket: DatagramSocket {
  /// The socket, for an `EventLoop` to watch or a `MessageChannel` to pass on.
  public let descriptor: FileDescriptor
  /// The address it is bound to.
  public let localAddress: IPAddress
  /// The IP version of its packets.
  public var family: IPAddress.Family { localAddress.family }

  /// Binds a socket to an address of this machine and, if given, one interface.
  public init(bindingTo address: IPAddress, interface: String? = nil) throws(LinuxError) {
    descriptor = try .boundSocket(
      type: SOCK_RAW, protocolNumber: Int32(IPProtocolNumber.esp), to: Endpoint(address, port: 0), interface: interface)
    localAddress = address
  }

  /// Takes over a raw ESP socket that another process opened.
  public init(adopting descriptor: FileDescriptor) throws(LinuxError) {
    self.descriptor = descriptor
    localAddress = try descriptor.localEndpoint().address
  }
}

extension FileDescriptor {
  fileprivate static func boundSocket(
    type: __socket_type, protocolNumber: Int32, to endpoint: Endpoint, interface: String?
  ) throws(LinuxError) -> FileDescriptor {
    let family = endpoint.address.family == .v4 ? AF_INET : AF_INET6
    let flags = Int32(type.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = FileDescriptor(owning: try checkErrno("socket", socket(family, flags, protocolNumber)))
    try descriptor.setOption(SOL_SOCKET, SO_REUSEADDR, 1, name: "SO_REUSEADDR")
    // What comes in must wait until its turn comes. What goes out should wait in front of the socket instead: see
    // `DatagramSocket.hasRoom`.
    descriptor.setBufferSize(8 << 20, forced: SO_RCVBUFFORCE, polite: SO_RCVBUF)
    descriptor.setBufferSize(512 << 10, forced: SO_SNDBUFFORCE, polite: SO_SNDBUF)
    if let interface { try descriptor.bindToDevice(interface) }
    if family == AF_INET {
      // IKE messages may be cut; `neverFragment` is for ESP.
      try descriptor.setOption(Int32(IPPROTO_IP), IP_MTU_DISCOVER, IP_PMTUDISC_DONT, name: "IP_MTU_DISCOVER")
    } else if type == SOCK_DGRAM {
      // A raw socket is of one family by nature.
      try descriptor.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1, name: "IPV6_V6ONLY")
    }
    try checkErrno(
      "bind \(endpoint)", SocketAddress(endpoint).withPointer { bind(descriptor.rawValue, $0, $1) })
    return descriptor
  }

  fileprivate func localEndpoint() throws(LinuxError) -> Endpoint {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    try checkErrno(
      "getsockname",
      withUnsafeMutablePointer(to: &storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(rawValue, $0, &length) }
      })
    guard let endpoint = withUnsafeBytes(of: storage, { SocketAddress.read($0) }) else {
      throw LinuxError("getsockname", code: EAFNOSUPPORT)
    }
    return endpoint
  }
}
