import FabricTestKit
import IKE
import WireFormat

/// The network between the two gateways, with the faults of a schedule.
struct HostileNetwork {
  /// What travels.
  enum Packet {
    case ike(IKEDatagram)
    /// A packet of the tunnel.
    case esp(SimulatedSADatabase.Packet)

    /// The length of the IP packet, in bytes, where it matters.
    var length: Int {
      guard case .ike(let datagram) = self else { return 0 }
      // IP and UDP headers; on port 4500 the non-ESP marker.
      return 28 + (datagram.local.port == 4500 ? 4 : 0) + datagram.bytes.count
    }
  }

  private var wire = VirtualWire<Packet>()
  private let schedule: Schedule
  private var dice: Dice
  /// The headers of messages that were lost once, or one of whose fragments was, and are not lost again, in a gentle
  /// schedule.
  private var lost: Set<[UInt8]> = []
  private(set) var isQuiet = false
  private var cutUntil = Instant.zero

  init(_ schedule: Schedule) {
    self.schedule = schedule
    dice = Dice(SeededRandom(seed: schedule.seed ^ 0xC0FF_EE00))
  }

  var nextArrival: Instant? { wire.nextArrival }

  /// No more faults.
  mutating func calm() {
    isQuiet = true
    cutUntil = .zero
  }

  mutating func cut(until end: Instant) { cutUntil = max(cutUntil, end) }

  mutating func send(_ packet: Packet, at now: Instant) {
    guard now >= cutUntil, packet.length <= schedule.pathMTU else { return }
    let fate = fate(of: packet)
    wire.fate = { _, _ in fate }
    wire.send(packet, at: now)
  }

  mutating func receive(at now: Instant) -> Packet? { wire.receive(at: now) }

  private mutating func fate(of packet: Packet) -> VirtualWire<Packet>.Fate {
    // Packets of the tunnel are what is measured, so they suffer from nothing but cuts.
    guard case .ike(let datagram) = packet, !isQuiet else { return .deliver }
    let rates = schedule.rates
    if dice.chance(in: 1000, of: rates.loss),
      schedule.severity == .wild || lost.insert(datagram.headerWithoutLength).inserted
    {
      return .lose
    }
    if dice.chance(in: 1000, of: rates.duplication) { return .duplicate }
    if dice.chance(in: 1000, of: rates.corruption) { return .replace(.ike(corrupt(datagram))) }
    guard dice.chance(in: 1000, of: rates.delay) else { return .deliver }
    return .delay(rates.longestDelay * (Double(dice.roll(0...1000)) / 1000))
  }

  private mutating func corrupt(_ datagram: IKEDatagram) -> IKEDatagram {
    guard !datagram.bytes.isEmpty else { return datagram }
    var copy = datagram
    copy.bytes[dice.roll(0...(copy.bytes.count - 1))] ^= 1 << UInt8(dice.roll(0...7))
    return copy
  }
}

extension IKEDatagram {
  /// What is the same in all fragments of a message, and each time that it is sent.
  fileprivate var headerWithoutLength: [UInt8] { Array(bytes.prefix(24)) }
}
