import WireFormat

/// A wire between test gateways: packets go in, and come out after a delay, twice, in another order or never.
///
/// The wire reads no clock: `nextArrival` says when something comes out.
public struct VirtualWire<Packet> {
  /// What becomes of one packet.
  public enum Fate {
    /// It arrives after the wire's delay.
    case deliver
    /// It is lost.
    case lose
    /// It arrives twice.
    case duplicate
    /// It arrives so much later than it should.
    case delay(Duration)
    /// Something else arrives in its place.
    case replace(Packet)
  }

  /// How long a packet is under way.
  public var delay: Duration
  /// Decides over each packet by its number on this wire, counted from 0.
  public var fate: (Int, Packet) -> Fate
  /// Packets sent so far.
  public private(set) var count = 0
  private var underWay: [(arrival: Instant, packet: Packet)] = []

  /// A wire that delivers everything in order after `delay`.
  public init(delay: Duration = .milliseconds(10)) {
    self.delay = delay
    self.fate = { _, _ in .deliver }
  }

  /// When the next packet arrives; nil if none is under way.
  public var nextArrival: Instant? { underWay.first?.arrival }

  /// Puts a packet on the wire.
  public mutating func send(_ packet: Packet, at now: Instant) {
    defer { count += 1 }
    let arrival = now.advanced(by: delay)
    switch fate(count, packet) {
    case .deliver: insert(packet, arrival)
    case .lose: break
    case .duplicate:
      insert(packet, arrival)
      insert(packet, arrival.advanced(by: delay))
    case .delay(let extra): insert(packet, arrival.advanced(by: extra))
    case .replace(let other): insert(other, arrival)
    }
  }

  /// Takes one packet that has arrived by `now`.
  public mutating func receive(at now: Instant) -> Packet? {
    guard let first = underWay.first, first.arrival <= now else { return nil }
    return underWay.removeFirst().packet
  }

  private mutating func insert(_ packet: Packet, _ arrival: Instant) {
    let index = underWay.firstIndex { $0.arrival > arrival } ?? underWay.endIndex
    underWay.insert((arrival, packet), at: index)
  }
}
