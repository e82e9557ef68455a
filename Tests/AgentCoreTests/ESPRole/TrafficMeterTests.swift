import ControlProtocol
import Testing
import WireFormat

@testable import AgentCore

struct TrafficMeterTests {
  @Test("A rate is what came between two readings, by the time between them")
  func rates() {
    var meter = TrafficMeter()
    meter.read(.init(packetsIn: 10, bytesIn: 1000, packetsOut: 20, bytesOut: 3000), at: .zero)
    #expect(meter.inbound == .zero && meter.outbound == .zero)
    meter.read(
      .init(packetsIn: 60, bytesIn: 51_000, packetsOut: 20, bytesOut: 3000), at: .zero.advanced(by: .milliseconds(500)))
    #expect(meter.inbound.packetsPerSecond == 100)
    #expect(meter.inbound.bitsPerSecond == 800_000)
    #expect(meter.outbound == .zero)
  }

  @Test("Two readings at one moment change nothing")
  func sameMoment() {
    var meter = TrafficMeter()
    meter.read(.init(packetsIn: 10), at: .zero)
    meter.read(.init(packetsIn: 20), at: .zero)
    #expect(meter.inbound == .zero)
  }
}
