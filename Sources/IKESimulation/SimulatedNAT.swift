import WireFormat

/// A NAT in front of the left gateway: it hides it behind another address, and maps each of its ports to one of its own.
struct SimulatedNAT {
  /// Where the gateway seems to be; nil where there is no NAT.
  private var outside: IPAddress?
  private var generation: UInt16 = 0

  init(isPresent: Bool) {
    if isPresent { outside = .v4(0xC633_6401) }
  }

  /// All mappings are forgotten, and the next packet makes others, at another address.
  mutating func rebind() {
    guard outside != nil else { return }
    generation += 1
    outside = .v4(0xC633_6401 + UInt32(generation))
  }

  /// How an endpoint of the gateway looks from outside.
  func outside(_ inside: Endpoint) -> Endpoint {
    guard let outside else { return inside }
    return Endpoint(outside, port: inside.port == 0 ? 0 : 10_000 + inside.port + generation)
  }

  /// Where a packet goes that comes in from outside; nil if it is lost. `gateway` is where the gateway is now.
  func inside(_ destination: Endpoint, gateway: IPAddress?) -> Endpoint? {
    guard let gateway else { return nil }
    guard let outside else { return destination.address == gateway ? destination : nil }
    guard destination.address == outside else { return nil }
    if destination.port == 0 { return Endpoint(gateway, port: 0) }
    let port = destination.port &- 10_000 &- generation
    return port == 500 || port == 4500 ? Endpoint(gateway, port: port) : nil
  }
}
