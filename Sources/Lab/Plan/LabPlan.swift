import Topology
import WireFormat

/// What the lab builds for a topology: namespaces, the cables between them, and what is configured in each.
///
/// ```
///  SITE-host ── lan0 SITE wan0 ── isp-SITE-UPLINK ──┐
///                     mgmt0                         │
///                       │                        internet
///  controller ── bridge ┤                           │
///                       │                           │
///                     mgmt0                         │
///  SITE-host ── lan0 SITE wan0 ── isp-SITE-UPLINK ──┘
/// ```
///
/// Agents reach the controller over the management network alone, so an ISP line carries nothing but the tunnels. The
/// lab addresses and routes the gateways of third parties; an agent does that for its own.
/// A plan is a value: making one touches nothing.
public struct LabPlan: Equatable, Sendable {
  /// All namespaces, in the order in which they are made.
  public internal(set) var namespaces: [LabNamespace]
  /// All cables.
  public internal(set) var cables: [Cable]

  /// Plans the lab of a topology. Throws `LabError.nameTaken` when two things would have one name.
  public init(_ topology: TopologyDocument) throws(LabError) {
    namespaces = [LabNamespace(LabNames.internet, forwards: true), LabNamespace(LabNames.controller)]
    cables = []
    let lines = topology.sites.flatMap { site in site.uplinks.map { (site, $0) } }
    let fixedAddresses = lines.compactMap(\.1.fixedAddress)
    addManagementNetwork()
    for (index, site) in topology.sites.enumerated() {
      addGateway(site)
      addManagementAccess(site, index: index)
      for (index, lan) in site.lans.enumerated() { addHost(of: site, in: lan, index: index) }
    }
    for (index, (site, uplink)) in lines.enumerated() {
      addLine(ISPLine(site: site.name, uplink: uplink, number: index + 1), fixedAddresses: fixedAddresses)
    }
    try checkNames()
  }

  private func checkNames() throws(LabError) {
    var seen: Set<String> = []
    for namespace in namespaces where !seen.insert(namespace.name).inserted {
      throw .nameTaken(namespace.shortName)
    }
  }

  /// The namespace of that name.
  public func namespace(named name: String) -> LabNamespace? { namespaces.first { $0.name == name } }

  private mutating func edit(_ name: String, _ change: (inout LabNamespace) -> Void) {
    guard let index = namespaces.firstIndex(where: { $0.name == name }) else { return }
    change(&namespaces[index])
  }

  // MARK: The management network

  private mutating func addManagementNetwork() {
    edit(LabNames.controller) {
      $0.bridges = [LabNames.managementBridge]
      $0.addresses.append(.init(LabNames.managementBridge, LabAddresses.controller))
    }
  }

  private mutating func addManagementAccess(_ site: Site, index: Int) {
    let port = "port\(index + 1)"
    cables.append(
      Cable(.init(LabNames.gateway(site.name), LabNames.managementInterface), .init(LabNames.controller, port)))
    edit(LabNames.controller) { $0.bridgePorts.append(port) }
    edit(LabNames.gateway(site.name)) {
      $0.addresses.append(.init(LabNames.managementInterface, LabAddresses.management(index)))
    }
  }

  // MARK: Sites

  private mutating func addGateway(_ site: Site) {
    var gateway = LabNamespace(LabNames.gateway(site.name), forwards: !site.isManaged)
    if !site.isManaged {
      gateway.addresses += site.loopbacks.map { .init("lo", InterfaceAddress(host: $0)) }
      gateway.addresses += site.lans.flatMap { lan in lan.addresses.map { .init(lan.interface, $0) } }
      for (index, uplink) in site.uplinks.enumerated() {
        guard let address = uplink.fixedAddress, let router = uplink.router else { continue }
        gateway.addresses.append(.init(uplink.interface, address))
        gateway.routes.append(.init(.any(router.family), .gateway(router, uplink.interface), metric: index + 1))
      }
    }
    namespaces.append(gateway)
  }

  private mutating func addHost(of site: Site, in lan: LAN, index: Int) {
    var host = LabNamespace(LabNames.host(of: site.name, index: index))
    host.isHost = true
    for gateway in lan.addresses {
      guard let address = LabAddresses.host(beside: gateway) else { continue }
      host.addresses.append(.init(LabNames.hostInterface, address))
      host.routes.append(.init(.any(address.address.family), .gateway(gateway.address, LabNames.hostInterface)))
    }
    namespaces.append(host)
    cables.append(
      Cable(.init(LabNames.gateway(site.name), lan.interface), .init(host.name, LabNames.hostInterface)))
  }

  // MARK: ISP lines

  private mutating func addLine(_ line: ISPLine, fixedAddresses: [InterfaceAddress]) {
    namespaces.append(line.namespace(besides: fixedAddresses))
    cables.append(
      Cable(
        .init(LabNames.gateway(line.site), line.uplink.interface), .init(line.name, LabNames.line),
        mtu: line.uplink.mtu))
    cables.append(Cable(.init(line.name, LabNames.upstream), .init(LabNames.internet, line.internetInterface)))
    edit(LabNames.internet) {
      $0.addresses += line.transit.map { .init(line.internetInterface, $0.internet) }
      $0.routes += line.internetRoutes
    }
  }
}

/// A veth pair between two namespaces.
public struct Cable: Equatable, Sendable {
  /// One end of a cable.
  public struct End: Hashable, Sendable {
    /// The namespace that the end is in.
    public let namespace: String
    /// The interface's name there.
    public let interface: String

    init(_ namespace: String, _ interface: String) {
      self.namespace = namespace
      self.interface = interface
    }
  }

  /// The two ends.
  public let near, far: End
  /// The largest packet, in bytes.
  public let mtu: Int

  init(_ near: End, _ far: End, mtu: Int = 1500) {
    self.near = near
    self.far = far
    self.mtu = mtu
  }
}
