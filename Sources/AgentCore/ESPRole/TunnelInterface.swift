import ESP
import LinuxNetworking
import WireFormat

/// A tunnel's TUN device, what is known of its path, and what has gone through it.
final class TunnelInterface {
  /// The number by which the SA database knows the tunnel.
  let number: Int
  let name: String
  let device: TUNDevice
  /// What the topology says of the tunnel. Where it says something else of its path, all that is known of that is found out
  /// anew.
  var settings: TunnelSettings {
    didSet {
      duplicatedClasses = TunnelInterface.bits(settings.duplicatedCodePoints)
      var before = oldValue
      before.duplicatedCodePoints = settings.duplicatedCodePoints
      if settings != before { path = nil }
    }
  }
  /// The way to the peer; nil before the first SA.
  var path: TunnelPath? { didSet { innerMTU = min(settings.mtu, path?.innerMTU ?? settings.mtu) } }
  /// The largest inner packet, in bytes, that leaves as one outer packet which the path carries.
  @exclusivity(unchecked) private(set) var innerMTU: Int
  /// Packets lost because the system did not take them: socket buffer full, interface down, no such uplink.
  var refusedBySystem: UInt64 = 0
  var drops = DropCounters()
  @exclusivity(unchecked) private(set) var packetsIn: UInt64 = 0
  @exclusivity(unchecked) private(set) var packetsOut: UInt64 = 0
  /// A bit for each DSCP: whether its packets are sent twice.
  @exclusivity(unchecked) private var duplicatedClasses: UInt64
  private var packetsDuplicated: UInt64 = 0
  @exclusivity(unchecked) private var bytesIn: UInt64 = 0
  @exclusivity(unchecked) private var bytesOut: UInt64 = 0
  private var answersLeft = TunnelInterface.answersPerSecond
  private var meter = TrafficMeter()

  /// RFC 1812 section 4.3.2.8 and RFC 4443 section 2.4 (f): ICMP errors are sent at a limited rate.
  private static let answersPerSecond = 100

  init(number: Int, name: String, device: TUNDevice, settings: TunnelSettings) {
    self.number = number
    self.name = name
    self.device = device
    self.settings = settings
    duplicatedClasses = TunnelInterface.bits(settings.duplicatedCodePoints)
    innerMTU = settings.mtu
  }

  func countIn(bytes: Int) {
    packetsIn &+= 1
    bytesIn &+= UInt64(bytes)
  }

  func countOut(bytes: Int) {
    packetsOut &+= 1
    bytesOut &+= UInt64(bytes)
  }

  func countDuplicated(packets: Int) { packetsDuplicated &+= UInt64(packets) }

  /// Whether packets are sent twice whose IP header has this DSCP and ECN.
  func duplicates(_ trafficClass: UInt8) -> Bool { duplicatedClasses >> UInt64(trafficClass >> 2) & 1 == 1 }

  private static func bits(_ codePoints: [UInt8]) -> UInt64 { codePoints.reduce(0) { $0 | 1 << UInt64($1 & 63) } }

  /// Authentic packets that have come in, delivered or not needed: signs of life.
  var packetsHeard: UInt64 { packetsIn &+ drops[.eliminated] }

  /// Tells the sender of a packet that it was longer than `mtu` bytes, unless too many have been told in this second.
  func answerTooBig(_ packet: UnsafeRawBufferPointer, mtu: Int) {
    guard answersLeft > 0, let answer = ICMPTooBig.answer(to: packet, mtu: mtu) else { return }
    answersLeft -= 1
    answer.withUnsafeBytes { bytes in
      withUnsafePointer(to: bytes) { piece in
        _ = device.write(.plain, UnsafeBufferPointer(start: piece, count: 1))
      }
    }
  }

  /// A second has passed since the last time, more or less.
  func secondPassed(at now: Instant) {
    answersLeft = TunnelInterface.answersPerSecond
    meter.read(
      TrafficMeter.Reading(packetsIn: packetsIn, bytesIn: bytesIn, packetsOut: packetsOut, bytesOut: bytesOut), at: now)
  }

  /// The counters as the supervisor gets them.
  func traffic(at now: Instant) -> TunnelTraffic {
    var reasons = drops.named
    // Nothing is lost with a second copy.
    reasons["\(DropReason.eliminated)"] = nil
    if refusedBySystem > 0 { reasons["refusedBySystem"] = refusedBySystem }
    return TunnelTraffic(
      tunnel: name, packetsIn: packetsIn, bytesIn: bytesIn, packetsOut: packetsOut, bytesOut: bytesOut,
      packetsDuplicated: packetsDuplicated, packetsEliminated: drops[.eliminated], inbound: meter.inbound,
      outbound: meter.outbound, drops: reasons, pathMTU: path?.outerMTU,
      measurement: path?.measurement.result(at: now),
      cipherImplementation: path?.cipherImplementation.rawValue)
  }
}

extension DropCounters {
  /// The reasons that occurred, by name.
  var named: [String: UInt64] {
    var counts: [String: UInt64] = [:]
    for reason in DropReason.allCases where self[reason] > 0 { counts["\(reason)"] = self[reason] }
    return counts
  }
}
