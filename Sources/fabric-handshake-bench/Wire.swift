import LinuxNetworking
import WireFormat

/// Two network namespaces and a cable between them.
struct Wire {
  static let maximumSpokes = 10_000

  let hub: NetworkNamespace
  let spokes: NetworkNamespace
  let hubAddress = IPAddress.v4(0xC612_0001)
  let spokeAddresses: [IPAddress]

  /// Lays the cable of RFC 2544's network 198.18.0.0/15, with so many spokes' addresses at its far end.
  init(spokes count: Int) throws {
    hub = NetworkNamespace("fabric-bench-hub")
    spokes = NetworkNamespace("fabric-bench-spokes")
    spokeAddresses = (0..<UInt32(count)).map { .v4(0xC613_0001 + $0) }
    remove()
    for namespace in [hub, spokes] { try Program("ip", ["netns", "add", namespace.name]).run() }
    try RouteNetlink(in: hub).createVirtualCable("wire", peer: "wire", peerNamespace: spokes)
    try address(hub, [hubAddress])
    try address(spokes, spokeAddresses)
  }

  private func address(_ namespace: NetworkNamespace, _ addresses: [IPAddress]) throws {
    let routing = try RouteNetlink(in: namespace)
    let link = try routing.existingLink(named: "wire")
    for address in addresses {
      guard let onLink = InterfaceAddress("\(address)/15") else { continue }
      try routing.ensureAddress(LinkAddress(linkIndex: link.index, address: onLink))
    }
    try routing.setUp(link: link.index)
  }

  /// Takes everything down.
  func remove() {
    for namespace in [hub, spokes] where namespace.exists {
      _ = try? Program("ip", ["netns", "delete", namespace.name]).run()
    }
  }
}
