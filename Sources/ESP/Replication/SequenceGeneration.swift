import FabricCrypto

/// Numbers the packets that are sent twice to one site (IEEE 802.1CB section 7.4.1: sequence generation).
///
/// The numbers do not outlive the process, so each life of it is a flow of its own, by a random name: the receiver begins
/// anew when it hears another one.
public struct SequenceGeneration: Sendable {
  private let flow: UInt32
  private var next: UInt32 = 0

  /// A flow whose name is drawn from `random`.
  public init(random: some RandomSource) {
    let flows = ReplicaHeader.flows
    flow = flows.lowerBound + random.randomUInt32() % UInt32(flows.count)
  }

  /// The header of the packet that comes `offset` packets after those that `advance` has counted.
  public func header(_ offset: Int) -> ReplicaHeader {
    ReplicaHeader(flow: flow, number: next &+ UInt32(truncatingIfNeeded: offset))
  }

  /// So many packets have got their numbers.
  public mutating func advance(by count: Int) { next = next &+ UInt32(truncatingIfNeeded: count) }
}
