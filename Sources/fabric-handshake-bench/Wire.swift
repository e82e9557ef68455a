import LinuxNetworking
import WireFormat

/// Two network namespaces and a cable between them.
struct Wire {
  static let maximumSpokes = 10_000

  let hub: NetworkNamespace
  let spokes: NetworkNamespace
  let hubAddress = IPAddress.v4(0xC612_0001)
  let spokeAddresses: [IPAddress]

  /// Lays the cable in RFC 2544's network 198.18.0.0/15, with so many spokes behind its far end.
  ///
  /// The spokes' addresses are not on the cable itself, where each would need a neighbour entry.
  init(spokes count: Int) throws {
    hub = NetworkNamespace("fabric-bench-hub")
    spokes = NetworkNamespace("fabric-bench-spokes")
    spokeAddresses = (0..<UInt32(count)).map { .v4(0xC613_0001 + $0) }
    remove()
    for namespace in [hub, spokes] { try Program("ip", ["netns", "add", namespace.name]).run() }
    try RouteNetlink(in: hub).createVirtualCable("wire", peer: "wire", peerNamespace: spokes)
    let router = IPAddress.v4(0xC612_0002)
    try add([hubAddress], length: 24, to: "wire", in: hub)
    try add([router], length: 24, to: "wire", in: spokes)
    try add(spokeAddresses, length: 32, to: "lo", in: spokes)
    try Program("ip", ["-n", hub.name, "route", "add", "198.19.0.0/16", "via", "\(router)"]).run()
  }

  private func add(
    _ addresses: [IPAddress], length: Int, to interface: String, in namespace: NetworkNamespace
  ) throws {
    let routing = try RouteNetlink(in: namespace)
    let link = try routing.existingLink(named: interface)
    for address in addresses {
      guard let onLink = InterfaceAddress("\(address)/\(length)") else { continue }
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
