import LinuxNetworking
import Topology
import WireFormat

/// What an ISP line has leased to us, or what the topology fixed.
public struct UplinkAddress: Codable, Equatable, Sendable {
  /// Our address and its network.
  public var address: InterfaceAddress
  /// The ISP's router; nil where it named none.
  public var gateway: IPAddress?

  /// An address with its router.
  public init(address: InterfaceAddress, gateway: IPAddress?) {
    self.address = address
    self.gateway = gateway
  }
}

/// What the link role wants of the kernel. Interfaces are named, as they may not exist yet.
struct DesiredKernelState: Equatable, Sendable {
  /// An interface and what it should look like.
  struct Interface: Equatable, Sendable {
    var name: String
    /// In bytes; nil leaves it as it is.
    var mtu: UInt32?
    var addresses: [InterfaceAddress]
  }

  /// A route into an interface, by a router or without one.
  struct InterfaceRoute: Equatable, Sendable {
    var destination: IPPrefix
    var gateway: IPAddress?
    var interface: String
    var metric: UInt32
    var table: UInt32
    var preferredSource: IPAddress?
  }

  /// Everything that is set up and addressed.
  var interfaces: [Interface]
  /// Networks that are dropped where no tunnel leads to them.
  var blackholes: [IPPrefix]
  /// The routes by the ISP lines, and those by tunnels that stand under FRR's.
  var interfaceRoutes: [InterfaceRoute]
  /// Policy routing: which source address looks up which line's table.
  var rules: [RoutingRule]

  /// Nothing at all: what remains of a retired site.
  static let nothing = DesiredKernelState(interfaces: [], blackholes: [], interfaceRoutes: [], rules: [])
}

extension DesiredKernelState {
  /// The worst metric but those of the kernel: any tunnel route wins over it. FRR's zebra takes the upper byte of a
  /// kernel route's metric for its administrative distance, and 255 for a route that it must never choose.
  static let blackholeMetric: UInt32 = 0xFFFF_0000
  /// The metrics, by the tunnel's rank, of the routes that the topology itself gives: worse than any of FRR's, to which
  /// they mean nothing for the same reason, and better than a blackhole.
  ///
  /// They carry on while a routing daemon is started anew, and take over in the moment that a tunnel loses its carrier.
  /// No two sites can send a packet back and forth by them: each leads one link nearer to the network.
  static let floatingMetrics: Range<UInt32> = 0xFF00_0000..<0xFFFF_0000
  /// Tables, and priorities of rules, of the uplinks: this and upwards, in the order of the configuration.
  static let uplinkTables: Range<UInt32> = 10_000..<11_000

  /// What a site's configuration asks for, with what its ISPs have leased, by name of the uplink, and the tunnels that have
  /// not settled.
  init(
    _ configuration: SiteConfiguration, mtus: [String: Int], leases: [String: UplinkAddress],
    settling: Set<String> = []
  ) {
    self = .nothing
    interfaces.append(Interface(name: "lo", mtu: nil, addresses: configuration.loopbacks.compactMap(hostAddress)))
    for lan in configuration.lans {
      interfaces.append(Interface(name: lan.interface, mtu: nil, addresses: lan.addresses))
    }
    for (index, uplink) in configuration.uplinks.enumerated() {
      add(uplink, at: UInt32(clamping: index), uplink.address(leases: leases))
    }
    for tunnel in configuration.tunnels {
      let mtu = mtus[tunnel.name].flatMap { UInt32(exactly: $0) }
      interfaces.append(
        Interface(name: tunnel.interface, mtu: mtu, addresses: tunnel.addresses(loopbacks: configuration.loopbacks)))
    }
    blackholes = configuration.blackholes
    addFloatingRoutes(configuration, settling: settling)
  }

  /// Routes to what lies behind each tunnel's peer, the cheapest tunnel first; those by hubs that are new come last.
  private mutating func addFloatingRoutes(_ configuration: SiteConfiguration, settling: Set<String>) {
    let own = configuration.loopbacks + configuration.lans.flatMap(\.addresses).map(\.address)
    let ranked = configuration.tunnels.sorted { ($0.cost, $0.name) < ($1.cost, $1.name) }
    for (rank, tunnel) in zip(DesiredKernelState.floatingMetrics, ranked) {
      let waits = tunnel.peerIsTransit && settling.contains(tunnel.name)
      let metric = waits ? rank + UInt32(clamping: ranked.count) : rank
      for prefix in tunnel.peerPrefixes {
        interfaceRoutes.append(
          InterfaceRoute(
            destination: prefix, gateway: nil, interface: tunnel.interface, metric: metric, table: RoutingTable.main,
            preferredSource: own.first { $0.family == prefix.address.family }))
      }
    }
  }

  /// A line's own address, a table with nothing but its routes, and a default route for everybody else.
  private mutating func add(_ uplink: Uplink, at index: UInt32, _ line: UplinkAddress?) {
    interfaces.append(
      Interface(name: uplink.interface, mtu: nil, addresses: line.map { [$0.address] } ?? []))
    guard let line else { return }
    let address = line.address.address
    let table = DesiredKernelState.uplinkTables.lowerBound + index
    interfaceRoutes.append(
      InterfaceRoute(
        destination: line.address.prefix, gateway: nil, interface: uplink.interface, metric: 1, table: table,
        preferredSource: address))
    if let rule = RoutingRule(
      priority: table, family: address.family, source: IPPrefix(host: address), table: table)
    {
      rules.append(rule)
    }
    guard let gateway = line.gateway else { return }
    let byPriority = UInt32(clamping: uplink.priority) &* 100 &+ index
    for (table, metric) in [(table, 1), (RoutingTable.main, max(1, byPriority))] {
      interfaceRoutes.append(
        InterfaceRoute(
          destination: .any(address.family), gateway: gateway, interface: uplink.interface, metric: metric,
          table: table, preferredSource: address))
    }
  }
}

extension Uplink {
  /// The line's address now: fixed, or leased by `leases`.
  func address(leases: [String: UplinkAddress]) -> UplinkAddress? {
    switch addressing {
    case .fixed(let address, let gateway): UplinkAddress(address: address, gateway: gateway)
    case .dhcp: leases[name]
    }
  }
}

extension Tunnel {
  /// The VTI's addresses: its own, or the loopbacks' that it borrows.
  func addresses(loopbacks: [IPAddress]) -> [InterfaceAddress] {
    switch addressing {
    case .numbered(let local, _): [local]
    case .unnumbered: loopbacks.compactMap(hostAddress)
    }
  }
}

/// An address whose network is itself alone.
private func hostAddress(_ address: IPAddress) -> InterfaceAddress? {
  InterfaceAddress(address, length: address.family.bitWidth)
}
