import ControlProtocol
import WireFormat

/// Tells from counters that only grow how fast they grow.
struct TrafficMeter {
  /// The counters at one moment.
  struct Reading {
    var packetsIn: UInt64 = 0
    var bytesIn: UInt64 = 0
    var packetsOut: UInt64 = 0
    var bytesOut: UInt64 = 0
  }

  /// What came in and went out between the last two readings.
  private(set) var inbound = TrafficRate.zero
  private(set) var outbound = TrafficRate.zero
  private var last: (reading: Reading, at: Instant)?

  mutating func read(_ reading: Reading, at now: Instant) {
    defer { last = (reading, now) }
    guard let last, last.at < now else { return }
    let time = last.at.duration(to: now)
    inbound = TrafficRate(
      packets: reading.packetsIn &- last.reading.packetsIn, bytes: reading.bytesIn &- last.reading.bytesIn, in: time)
    outbound = TrafficRate(
      packets: reading.packetsOut &- last.reading.packetsOut, bytes: reading.bytesOut &- last.reading.bytesOut, in: time
    )
  }
}

extension TrafficRate {
  fileprivate init(packets: UInt64, bytes: UInt64, in time: Duration) {
    let seconds = time / .seconds(1)
    self.init(
      packetsPerSecond: UInt64(Double(packets) / seconds), bitsPerSecond: UInt64(Double(bytes) * 8 / seconds))
  }
}
