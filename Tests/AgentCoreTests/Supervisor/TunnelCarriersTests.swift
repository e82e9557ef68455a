import ControlProtocol
import FabricCrypto
import Foundation
import Testing
import Topology
import WireFormat

@testable import AgentCore
@testable import IKE

@Suite("The carriers of the tunnels")
struct TunnelCarriersTests {
  private let tunnel = SampleSite.configuration().tunnels[0]
  private let date = Date(timeIntervalSince1970: 1_000_000)

  @Test("stand from the first Child SA to the last")
  func childSAs() {
    var carriers = TunnelCarriers()
    #expect(!carriers.hasCarrier(tunnel))
    report(.childEstablished(phase2(spi: 1000, at: 5)), to: &carriers)
    #expect(carriers.hasCarrier(tunnel))
    report(.childEstablished(phase2(spi: 2000, at: 6)), to: &carriers)
    report(.childClosed(spi(1000), reason: "rekeyed"), to: &carriers)
    #expect(carriers.hasCarrier(tunnel))
    report(.closed(reason: "deleted by the peer"), to: &carriers)
    #expect(!carriers.hasCarrier(tunnel))
  }

  @Test("fall with the line, and rise with it")
  func line() {
    var carriers = TunnelCarriers()
    report(.childEstablished(phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.lost(line: "lte")
    #expect(carriers.hasCarrier(tunnel))
    carriers.lost(line: "dsl")
    #expect(!carriers.hasCarrier(tunnel))
    carriers.observed([UplinkStatus(name: "dsl", interface: "wan0", isUp: true, address: nil, gateway: nil)])
    #expect(carriers.hasCarrier(tunnel))
    carriers.observed([UplinkStatus(name: "dsl", interface: "wan0", isUp: false, address: nil, gateway: nil)])
    #expect(!carriers.hasCarrier(tunnel))
  }

  @Test("stay while a new ike process negotiates")
  func ikeRestart() {
    var carriers = TunnelCarriers()
    report(.childEstablished(phase2(spi: 1000, at: 5)), to: &carriers)
    carriers.ikeRestarted()
    #expect(carriers.hasCarrier(tunnel))
    report(.childEstablished(phase2(spi: 2000, at: 9)), to: &carriers)
    report(.childClosed(spi(2000), reason: "deleted by the peer"), to: &carriers)
    #expect(!carriers.hasCarrier(tunnel))
  }

  private func phase2(spi value: UInt32, at seconds: Int64) -> ChildSASummary {
    ChildSASummary(
      inboundSPI: spi(value), outboundSPI: spi(3000), replaces: nil,
      suite: ESPSuite(protection: .aead(.aes256GCM16), keyExchange: nil, usesExtendedSequenceNumbers: true),
      encapsulation: .udp, localSelectors: [], remoteSelectors: [],
      established: Instant(nanoseconds: seconds * 1_000_000_000), rekeys: Instant(nanoseconds: .max))
  }

  private func spi(_ value: UInt32) -> ESPSPI {
    guard let spi = ESPSPI(rawValue: value) else { preconditionFailure("a test's own SPI") }
    return spi
  }

  private func report(_ content: IKEReport.Content, to carriers: inout TunnelCarriers) {
    carriers.received(IKEReport(connection: tunnel.name, content), at: date)
  }
}
