import CLinux
import Glibc

/// A network interface.
public struct Link: Hashable, Sendable {
  /// The kernel's number for it.
  public let index: Int32
  /// The name, such as `wan0`.
  public let name: String
  /// Whether it is set up by the administrator.
  public let isUp: Bool
  /// Whether the line is there: cable plugged, other end of a veth up.
  public let hasCarrier: Bool
  /// The largest packet in bytes.
  public let mtu: UInt32
  /// How many packets may wait to leave.
  public let queueLength: UInt32
  /// The hardware address; empty for a TUN device.
  public let hardwareAddress: [UInt8]
  /// The index of the bridge it is a port of, if it is one.
  public let bridgeIndex: Int32?

  init?(_ message: NetlinkMessage) {
    guard let index: Int32 = message.payload.integer(at: 4), let flags: UInt32 = message.payload.integer(at: 8) else {
      return nil
    }
    let attributes = message.attributes(after: 16)
    guard let name = attributes.text(IFLA_IFNAME) else { return nil }
    self.index = index
    self.name = name
    self.isUp = flags & UInt32(IFF_UP) != 0
    self.hasCarrier = flags & 0x10000 != 0  // IFF_LOWER_UP
    self.mtu = attributes.uint32(IFLA_MTU) ?? 0
    self.queueLength = attributes.uint32(IFLA_TXQLEN) ?? 0
    self.hardwareAddress = attributes[IFLA_ADDRESS].map(Array.init) ?? []
    self.bridgeIndex = attributes.uint32(IFLA_MASTER).map { Int32(bitPattern: $0) }
  }
}

extension RouteNetlink {
  /// All interfaces.
  public func links() throws(LinuxError) -> [Link] {
    let request = NetlinkRequest.link(RTM_GETLINK, flags: NLM_F_DUMP)
    return try socket.dump(request, "list interfaces").compactMap { Link($0) }
  }

  /// The interface of that name; nil if there is none.
  public func link(named name: String) throws(LinuxError) -> Link? { try links().first { $0.name == name } }

  /// The interface of that name; throws `ENODEV` if there is none.
  public func existingLink(named name: String) throws(LinuxError) -> Link {
    guard let link = try link(named: name) else { throw LinuxError("interface \(name)", code: ENODEV) }
    return link
  }

  /// Sets an interface up or down.
  public func setUp(_ isUp: Bool = true, link index: Int32) throws(LinuxError) {
    let request = NetlinkRequest.link(RTM_SETLINK, flags: NLM_F_ACK, index: index, isUp: isUp)
    try socket.perform(request, "set interface \(index) \(isUp ? "up" : "down")")
  }

  /// Calls an interface dormant (RFC 2863), until its carrier is back.
  ///
  /// The kernel takes up to a second to notice that a carrier has gone; this is noticed at once, with the carrier.
  public func setDormant(interface name: String) throws(LinuxError) {
    var request = NetlinkRequest.link(RTM_SETLINK, flags: NLM_F_ACK, index: try index(ofInterface: name))
    request.attribute(IFLA_OPERSTATE, [5])  // IF_OPER_DORMANT
    try socket.perform(request, "set interface \(name) dormant")
  }

  /// Sets how many packets may wait to leave by an interface.
  public func setQueueLength(_ packets: UInt32, interface name: String) throws(LinuxError) {
    var request = NetlinkRequest.link(RTM_SETLINK, flags: NLM_F_ACK, index: try index(ofInterface: name))
    request.attribute(IFLA_TXQLEN, packets)
    try socket.perform(request, "set the queue of interface \(name) to \(packets) packets")
  }

  /// Of one interface, without a list of all.
  private func index(ofInterface name: String) throws(LinuxError) -> Int32 {
    let index = if_nametoindex(name)
    guard index > 0 else { throw LinuxError("interface \(name)", code: ENODEV) }
    return Int32(bitPattern: index)
  }

  /// Sets the largest packet of an interface, in bytes.
  public func setMTU(_ mtu: UInt32, link index: Int32) throws(LinuxError) {
    var request = NetlinkRequest.link(RTM_SETLINK, flags: NLM_F_ACK, index: index)
    request.attribute(IFLA_MTU, mtu)
    try socket.perform(request, "set the MTU of interface \(index) to \(mtu)")
  }

  /// Makes an interface a port of a bridge, or of none.
  public func setBridge(_ bridgeIndex: Int32?, link index: Int32) throws(LinuxError) {
    var request = NetlinkRequest.link(RTM_SETLINK, flags: NLM_F_ACK, index: index)
    request.attribute(IFLA_MASTER, UInt32(bitPattern: bridgeIndex ?? 0))
    try socket.perform(request, "make interface \(index) a bridge port")
  }

  /// Creates a bridge without ports.
  public func createBridge(_ name: String) throws(LinuxError) {
    var request = NetlinkRequest.link(RTM_NEWLINK, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    request.attribute(IFLA_IFNAME, text: name)
    request.nested(IFLA_LINKINFO) { $0.attribute(IFLA_INFO_KIND, text: "bridge") }
    try socket.perform(request, "create bridge \(name)")
  }

  /// Creates a virtual cable: interface `name` here, its other end `peer` in `peerNamespace` or here as well.
  public func createVirtualCable(
    _ name: String, peer: String, peerNamespace: NetworkNamespace? = nil
  ) throws(LinuxError) {
    let namespace = try peerNamespace?.open()
    var request = NetlinkRequest.link(RTM_NEWLINK, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    request.attribute(IFLA_IFNAME, text: name)
    request.nested(IFLA_LINKINFO) {
      $0.attribute(IFLA_INFO_KIND, text: "veth")
      $0.nested(IFLA_INFO_DATA) {
        $0.nested(1) {  // VETH_INFO_PEER
          $0.appendLinkStructure()
          $0.attribute(IFLA_IFNAME, text: peer)
          if let namespace { $0.attribute(IFLA_NET_NS_FD, UInt32(bitPattern: namespace.rawValue)) }
        }
      }
    }
    defer { withExtendedLifetime(namespace) {} }
    try socket.perform(request, "create interface pair \(name) and \(peer)")
  }

  /// Removes an interface, if it is still there.
  public func removeLink(named name: String) throws(LinuxError) {
    guard let link = try link(named: name) else { return }
    let request = NetlinkRequest.link(RTM_DELLINK, flags: NLM_F_ACK, index: link.index)
    try ignoring([ENODEV]) { () throws(LinuxError) in try socket.perform(request, "remove interface \(name)") }
  }
}

/// Runs a change that is done already when it fails with one of `codes`.
func ignoring(_ codes: Set<Int32>, _ change: () throws(LinuxError) -> Void) throws(LinuxError) {
  do {
    try change()
  } catch {
    if !codes.contains(error.code) { throw error }
  }
}

extension NetlinkRequest {
  /// A request about one interface, or all; nil leaves its state as it is.
  fileprivate static func link(_ type: Int, flags: Int32, index: Int32 = 0, isUp: Bool? = nil) -> NetlinkRequest {
    var request = NetlinkRequest(Int32(type), flags: flags)
    request.appendLinkStructure(index: index, isUp: isUp)
    return request
  }

  /// The `ifinfomsg` structure.
  fileprivate mutating func appendLinkStructure(index: Int32 = 0, isUp: Bool? = nil) {
    append(UInt8(AF_UNSPEC))
    append(UInt8(0))
    append(UInt16(0))
    append(index)
    append(isUp == true ? UInt32(IFF_UP) : 0)
    append(isUp == nil ? 0 : UInt32(IFF_UP))
  }
}
