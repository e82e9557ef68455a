import CLinux
import Glibc
import WireFormat

/// A routing table's number.
public enum RoutingTable {
  /// The table that is looked up by default.
  public static let main: UInt32 = 254
}

/// One next hop of a route.
public struct NextHop: Hashable, Sendable {
  /// The router's address; nil for a network that is directly on the interface.
  public var gateway: IPAddress?
  /// The index of the interface; nil lets the kernel find it by the gateway.
  public var linkIndex: Int32?
  /// Whether the gateway is taken to be on the interface, though no network of it says so.
  public var isOnLink: Bool

  /// A next hop through a gateway, an interface, or both.
  public init(gateway: IPAddress? = nil, linkIndex: Int32? = nil, isOnLink: Bool = false) {
    self.gateway = gateway
    self.linkIndex = linkIndex
    self.isOnLink = isOnLink
  }
}

/// A route.
public struct Route: Hashable, Sendable {
  /// What becomes of a packet.
  public enum Target: Hashable, Sendable {
    /// It is sent to a next hop; to one of several by a hash of its flow.
    case nextHops([NextHop])
    /// It is dropped in silence.
    case blackhole
    /// Something that Fabric never installs (local, broadcast, unreachable …).
    case other(kernelType: UInt8)
  }

  /// Who installed the route (rtm_protocol): the kernel 2, FRR 186–196.
  public static let fabricOrigin: UInt8 = 250

  /// The network.
  public var destination: IPPrefix
  /// What becomes of its packets.
  public var target: Target
  /// The lower one wins; 0 for IPv4's highest priority. IPv6 has 1024 for 0.
  public var metric: UInt32
  /// The routing table.
  public var table: UInt32
  /// The source address that packets of this machine get.
  public var preferredSource: IPAddress?
  /// Who installed it.
  public var origin: UInt8

  /// A route of Fabric's own.
  public init(
    to destination: IPPrefix, _ target: Target, metric: UInt32 = 0, table: UInt32 = RoutingTable.main,
    preferredSource: IPAddress? = nil, origin: UInt8 = Route.fabricOrigin
  ) {
    self.destination = destination
    self.target = target
    self.metric = metric
    self.table = table
    self.preferredSource = preferredSource
    self.origin = origin
  }
}

extension Route {
  // rtmsg: family, destination length, source length, TOS, table, protocol, scope, type (one byte each), flags (four).
  init?(_ message: NetlinkMessage) {
    let payload = message.payload
    guard let familyNumber: UInt8 = payload.integer(at: 0), let family = IPAddress.Family(kernelValue: familyNumber),
      let length: UInt8 = payload.integer(at: 1), let table: UInt8 = payload.integer(at: 4),
      let origin: UInt8 = payload.integer(at: 5), let type: UInt8 = payload.integer(at: 7),
      let flags: UInt32 = payload.integer(at: 8), flags & UInt32(RTM_F_CLONED) == 0
    else { return nil }
    let attributes = message.attributes(after: 12)
    let network = attributes.address(Int(RTA_DST.rawValue)) ?? IPPrefix.any(family).address
    guard let destination = IPPrefix(containing: network, length: Int(length)) else { return nil }
    self.init(
      to: destination, Target(type: type, flags: flags, attributes),
      metric: attributes.uint32(Int(RTA_PRIORITY.rawValue)) ?? 0,
      table: attributes.uint32(Int(RTA_TABLE.rawValue)) ?? UInt32(table),
      preferredSource: attributes.address(Int(RTA_PREFSRC.rawValue)), origin: origin)
  }
}

extension Route.Target {
  fileprivate init(type: UInt8, flags: UInt32, _ attributes: NetlinkAttributes) {
    switch Int(type) {
    case RTN_BLACKHOLE: self = .blackhole
    case RTN_UNICAST:
      if let several = attributes[Int(RTA_MULTIPATH.rawValue)] {
        self = .nextHops(NextHop.several(several))
      } else {
        let link = attributes.uint32(Int(RTA_OIF.rawValue)).map { Int32(bitPattern: $0) }
        self = .nextHops([NextHop(attributes, linkIndex: link, flags: flags)])
      }
    default: self = .other(kernelType: type)
    }
  }

  fileprivate var kernelType: UInt8 {
    switch self {
    case .nextHops: UInt8(RTN_UNICAST)
    case .blackhole: UInt8(RTN_BLACKHOLE)
    case .other(let type): type
    }
  }
}

extension NextHop {
  fileprivate init(_ attributes: NetlinkAttributes, linkIndex: Int32?, flags: UInt32) {
    // RTA_VIA is a gateway of the other family: two bytes of family, then the address.
    let via = attributes[Int(RTA_VIA.rawValue)].flatMap { IPAddress(bytes: $0.dropFirst(2)) }
    self.init(
      gateway: attributes.address(Int(RTA_GATEWAY.rawValue)) ?? via, linkIndex: linkIndex,
      isOnLink: flags & UInt32(RTNH_F_ONLINK) != 0)
  }

  /// The `rtnexthop` structures of a multipath route: length (two bytes), flags, weight (one each), interface (four).
  fileprivate static func several(_ bytes: ArraySlice<UInt8>) -> [NextHop] {
    var hops: [NextHop] = []
    var rest = bytes
    while let length: UInt16 = rest.integer(at: 0), length >= 8, length <= rest.count,
      let flags: UInt8 = rest.integer(at: 2), let link: Int32 = rest.integer(at: 4)
    {
      let attributes = NetlinkAttributes(rest.prefix(Int(length)).dropFirst(8))
      hops.append(NextHop(attributes, linkIndex: link, flags: UInt32(flags)))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return hops
  }
}

extension RouteNetlink {
  /// The routes of one table, IPv4 and IPv6; of all tables when nil.
  public func routes(table: UInt32? = RoutingTable.main) throws(LinuxError) -> [Route] {
    var request = NetlinkRequest(Int32(RTM_GETROUTE), flags: NLM_F_DUMP)
    request.append(UInt64(0))
    request.append(UInt32(0))
    let all = try socket.dump(request, "list routes").compactMap { Route($0) }
    return all.filter { table == nil || $0.table == table }
  }

  /// Installs the route, in the place of one with the same destination, metric and table.
  public func ensureRoute(_ route: Route) throws(LinuxError) {
    let request = NetlinkRequest.route(RTM_NEWROUTE, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, route)
    try socket.perform(request, "add route to \(route.destination)")
  }

  /// Removes the route, if it is there.
  public func removeRoute(_ route: Route) throws(LinuxError) {
    let request = NetlinkRequest.route(RTM_DELROUTE, flags: NLM_F_ACK, route)
    try ignoring([ESRCH, ENODEV, ENOENT]) { () throws(LinuxError) in
      try socket.perform(request, "remove route to \(route.destination)")
    }
  }
}

extension NetlinkRequest {
  fileprivate static func route(_ type: Int, flags: Int32, _ route: Route) -> NetlinkRequest {
    var request = NetlinkRequest(Int32(type), flags: flags)
    request.append(route.destination.address.family.kernelValue)
    request.append(UInt8(clamping: route.destination.length))
    request.append(UInt16(0))
    request.append(UInt8(RT_TABLE_UNSPEC.rawValue))
    request.append(route.origin)
    request.append(route.scope)
    request.append(route.target.kernelType)
    request.append(route.singleHop?.isOnLink == true ? UInt32(RTNH_F_ONLINK) : 0)
    request.attribute(Int(RTA_DST.rawValue), route.destination.address.bytes)
    request.attribute(Int(RTA_TABLE.rawValue), route.table)
    if route.metric != 0 { request.attribute(Int(RTA_PRIORITY.rawValue), route.metric) }
    if let source = route.preferredSource { request.attribute(Int(RTA_PREFSRC.rawValue), source.bytes) }
    if let hop = route.singleHop {
      if let gateway = hop.gateway { request.attribute(Int(RTA_GATEWAY.rawValue), gateway.bytes) }
      if let link = hop.linkIndex { request.attribute(Int(RTA_OIF.rawValue), UInt32(bitPattern: link)) }
    } else if case .nextHops(let hops) = route.target {
      request.nested(Int(RTA_MULTIPATH.rawValue)) { for hop in hops { $0.append(hop) } }
    }
    return request
  }

  /// One of several next hops: an `rtnexthop` structure and its attributes, padded all along.
  private mutating func append(_ hop: NextHop) {
    let gateway = hop.gateway?.bytes
    append(UInt16(8 + (gateway.map { 4 + $0.count } ?? 0)))
    append(UInt8(hop.isOnLink ? RTNH_F_ONLINK : 0))
    append(UInt8(0))
    append(hop.linkIndex ?? 0)
    if let gateway { attribute(Int(RTA_GATEWAY.rawValue), gateway) }
  }
}

extension Route {
  /// The next hop, if there is exactly one: the kernel does not take such a route in the form for several.
  fileprivate var singleHop: NextHop? {
    guard case .nextHops(let hops) = target, hops.count == 1 else { return nil }
    return hops.first
  }

  /// How far away the destination is: on the interface itself, or behind a router.
  fileprivate var scope: UInt8 {
    guard case .nextHops(let hops) = target, destination.address.family == .v4 else {
      return UInt8(RT_SCOPE_UNIVERSE.rawValue)
    }
    let isDirect = hops.allSatisfy { $0.gateway == nil }
    return UInt8(isDirect ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue)
  }
}
