import WireFormat

/// What the controller hands out once and keeps: VTI numbers and numbered tunnels' networks, by tunnel name.
///
/// It is stored with every revision, so that a tunnel keeps its interface and addresses for as long as it lives.
public struct Allocations: Codable, Equatable, Sendable {
  /// The VTI number of each tunnel: `vti7` has 7.
  public private(set) var interfaceNumbers: [String: Int] = [:]
  /// The number that the next new tunnel gets; none is ever used twice.
  public private(set) var nextInterfaceNumber = 1
  /// The network of each numbered tunnel: a /30 or /126.
  public private(set) var networks: [String: IPPrefix] = [:]

  /// Nothing handed out.
  public init() {}

  /// Gives every tunnel of a revision what it needs, keeps what living ones have, and forgets the others.
  ///
  /// A network that this very revision sets free goes to a new tunnel only when the pool has no other left: the old
  /// tunnel may still be on its way down.
  mutating func update(tunnels: [String], addressing: TopologyDocument.TunnelAddressing) {
    let names = Set(tunnels)
    interfaceNumbers = interfaceNumbers.filter { names.contains($0.key) }
    number(tunnels)
    guard case .numbered(let pool) = addressing else {
      networks = [:]
      return
    }
    let before = Set(networks.values)
    networks = networks.filter { names.contains($0.key) && pool.contains($0.value) }
    var released = before.subtracting(networks.values).filter(pool.contains(_:)).sorted().makeIterator()
    var fresh = FreeNetworks(pool: pool, taken: before)
    for name in tunnels where networks[name] == nil { networks[name] = fresh.next() ?? released.next() }
  }

  /// Gives further tunnels what they need, beside those that are there.
  mutating func add(tunnels: [String], addressing: TopologyDocument.TunnelAddressing) {
    number(tunnels)
    guard case .numbered(let pool) = addressing else { return }
    var fresh = FreeNetworks(pool: pool, taken: Set(networks.values))
    for name in tunnels where networks[name] == nil { networks[name] = fresh.next() }
  }

  private mutating func number(_ tunnels: [String]) {
    for name in tunnels where interfaceNumbers[name] == nil {
      interfaceNumbers[name] = nextInterfaceNumber
      nextInterfaceNumber += 1
    }
  }
}

/// The tunnel networks of a pool that are not taken, lowest first.
private struct FreeNetworks {
  let taken: Set<IPPrefix>
  let pool: IPPrefix
  private var candidate: IPAddress?

  init(pool: IPPrefix, taken: Set<IPPrefix>) {
    self.pool = pool
    self.taken = taken
    candidate = pool.address
  }

  /// The next free network; nil when the pool is used up.
  mutating func next() -> IPPrefix? {
    while let address = candidate, pool.contains(address),
      let network = IPPrefix(containing: address, length: address.family.bitWidth - 2)
    {
      candidate = address.advanced(by: 4)
      if !taken.contains(network) { return network }
    }
    return nil
  }
}
