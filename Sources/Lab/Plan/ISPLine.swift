import Topology
import WireFormat

/// One ISP's part of the lab: the namespace between a gateway's uplink and the internet.
struct ISPLine {
  let site: String
  let uplink: Uplink
  /// Counting from 1 over the whole lab.
  let number: Int

  var name: String { LabNames.isp(site, uplink.name) }
  /// The interface of the internet's router towards this ISP.
  var internetInterface: String { "line\(number)" }
  var transit: [(internet: InterfaceAddress, isp: InterfaceAddress)] { LabAddresses.transit(number) }

  /// The customer's network that the ISP leases from, with the ISP's own address.
  private var leasing: InterfaceAddress { LabAddresses.leasing(number, behindNAT: uplink.behindNAT) }

  /// The ISP's router.
  func namespace(besides fixedAddresses: [InterfaceAddress]) -> LabNamespace {
    var isp = LabNamespace(name, forwards: true)
    for (internet, own) in transit {
      isp.addresses.append(.init(LabNames.upstream, own))
      isp.routes.append(.init(.any(own.address.family), .gateway(internet.address, LabNames.upstream)))
    }
    if uplink.behindNAT { isp.masqueradedInterface = LabNames.upstream }
    if uplink.fixedAddress?.address.family != .v6 { isp.settings["net/ipv6/conf/line/disable_ipv6"] = "1" }
    connectCustomer(&isp, besides: fixedAddresses)
    return isp
  }

  private func connectCustomer(_ isp: inout LabNamespace, besides fixedAddresses: [InterfaceAddress]) {
    guard let customer = uplink.fixedAddress, let router = uplink.router else {
      isp.addresses.append(.init(LabNames.line, leasing))
      isp.leases = DHCPServer(interface: LabNames.line, router: leasing)
      return
    }
    // A line is point to point, even where the topology gives several lines addresses of one network: the ISP answers
    // for the others' addresses and routes to them.
    isp.addresses.append(.init(LabNames.line, InterfaceAddress(host: router)))
    isp.routes.append(.init(IPPrefix(host: customer.address), .link(LabNames.line)))
    // While the line is down, packets for the customer must not bounce between the ISP and the internet.
    isp.routes.append(.init(IPPrefix(host: customer.address), .blackhole, metric: 1000))
    isp.proxied = fixedAddresses.map(\.address)
      .filter { $0 != customer.address && customer.prefix.contains($0) }
      .map { .init(LabNames.line, InterfaceAddress(host: $0)) }
    if customer.address.family == .v6, !isp.proxied.isEmpty { isp.settings["net/ipv6/conf/line/proxy_ndp"] = "1" }
    isp.settings["net/\(customer.address.family == .v6 ? "ipv6" : "ipv4")/neigh/line/proxy_delay"] = "0"
  }

  /// How the internet reaches the customer; a translated customer has no address there.
  var internetRoutes: [LabNamespace.Route] {
    guard !uplink.behindNAT else { return [] }
    let prefix = uplink.fixedAddress.map { IPPrefix(host: $0.address) } ?? leasing.prefix
    return transit.map(\.isp.address).filter { $0.family == prefix.address.family }
      .map { .init(prefix, .gateway($0, internetInterface)) }
  }
}

extension Uplink {
  /// The line's address, unless it is leased.
  var fixedAddress: InterfaceAddress? {
    if case .fixed(let address, _) = addressing { address } else { nil }
  }

  /// The ISP's router. Where the topology does not say, the file's own address stands for it: then the first other
  /// address of the network.
  var router: IPAddress? {
    guard case .fixed(let address, let gateway) = addressing else { return nil }
    return gateway != address.address ? gateway : LabAddresses.host(beside: address)?.address
  }
}
