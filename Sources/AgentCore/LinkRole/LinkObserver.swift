import ControlProtocol
import LinuxNetworking
import Topology
import WireFormat

/// Reads a site's state out of what the kernel and the routing daemons say.
struct LinkObserver {
  private let configuration: SiteConfiguration
  private let mtus: [String: Int]
  private let observed: ObservedKernelState
  private let reach: TunnelReach

  /// The observer of one moment.
  init(_ configuration: SiteConfiguration, mtus: [String: Int], _ observed: ObservedKernelState) {
    self.configuration = configuration
    self.mtus = mtus
    self.observed = observed
    reach = TunnelReach(observed)
  }

  /// Everything that the supervisor is told.
  func observation(
    leases: [String: UplinkAddress], routing: RoutingState, faults: [LinkFault]
  ) -> LinkObservation {
    let reachable = configuration.routing.protected.filter(isRoutedIntoTunnel)
    return LinkObservation(
      revision: configuration.revision, uplinks: configuration.uplinks.map { status(of: $0, leases) },
      tunnels: configuration.tunnels.map { observation(of: $0, routing) }, reachablePrefixes: reachable,
      missingPrefixes: configuration.routing.protected.filter { !reachable.contains($0) }, faults: faults)
  }

  private func status(of uplink: Uplink, _ leases: [String: UplinkAddress]) -> UplinkStatus {
    let link = observed.interfaces[uplink.interface]
    let line = uplink.address(leases: leases)
    // Only what the kernel really has counts.
    let address = line.flatMap { line in
      link.flatMap { observed.addresses.contains(LinkAddress(linkIndex: $0.index, address: line.address)) }
        == true ? line.address : nil
    }
    let isUp = address != nil && link?.isUp == true && link?.hasCarrier == true
    return UplinkStatus(
      name: uplink.name, interface: uplink.interface, isUp: isUp, address: address, gateway: line?.gateway)
  }

  private func observation(of tunnel: Tunnel, _ routing: RoutingState) -> LinkObservation.TunnelObservation {
    if let cause = interfaceFault(of: tunnel) {
      return .init(tunnel: tunnel.name, isInterfaceUp: false, hasRoutingNeighbour: false, cause: cause)
    }
    let cause = routingFault(of: tunnel, routing)
    return .init(tunnel: tunnel.name, isInterfaceUp: true, hasRoutingNeighbour: cause == nil, cause: cause)
  }

  private func interfaceFault(of tunnel: Tunnel) -> String? {
    guard let link = observed.interfaces[tunnel.interface] else { return "there is no interface \(tunnel.interface)" }
    guard link.isUp else { return "\(tunnel.interface) is down" }
    for address in tunnel.addresses(loopbacks: configuration.loopbacks)
    where !observed.addresses.contains(LinkAddress(linkIndex: link.index, address: address)) {
      return "\(tunnel.interface) has no address \(address)"
    }
    if let mtu = mtus[tunnel.name], mtu != link.mtu { return "\(tunnel.interface) has an MTU of \(link.mtu)" }
    return nil
  }

  private func routingFault(of tunnel: Tunnel, _ routing: RoutingState) -> String? {
    // A third party's gateway speaks no routing protocol with us but BGP.
    if configuration.routing.routingProtocol == .static || (!tunnel.peerIsManaged && tunnel.bgp == nil) {
      let missing = tunnel.peerPrefixes.filter { !isRoutedIntoTunnel($0) }
      return missing.isEmpty ? nil : "no static route for \(missing.map(\.description).joined(separator: ", "))"
    }
    return routing.fault(on: tunnel.interface)
  }

  private func isRoutedIntoTunnel(_ prefix: IPPrefix) -> Bool {
    let interfaces = reach.interfaces(to: prefix)
    return !interfaces.isEmpty && interfaces.allSatisfy(tunnelIndexes.contains)
  }

  private var tunnelIndexes: Set<Int32> {
    Set(configuration.tunnels.compactMap { observed.interfaces[$0.interface]?.index })
  }
}
