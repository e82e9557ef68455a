import FabricCrypto
import Testing
import WireFormat

@testable import AgentCore
@testable import IKE

@Suite("Messages between the roles")
struct MessageCodingTests {
  private func passed<Message: Codable>(_ message: Message) throws -> Message {
    try CBORDecoder().decode(Message.self, from: CBOREncoder().encode(message))
  }

  @Test("A site's configuration passes as it is")
  func configuration() throws {
    let site = SampleSite.configuration()
    let message = SupervisorToLink.configure(site, mtus: site.tunnelMTUs)
    #expect(try passed(message) == message)
  }

  @Test("Keys and certificates pass as they are")
  func credentials() throws {
    let message = SupervisorToIKE.credentials(
      SiteCredentials(
        key: SecretBytes([1, 2, 3]), certificate: [0, 255], authority: [7], revocationList: []))
    #expect(try passed(message) == message)
    let secret = SupervisorToIKE.recovery(secret: SecretBytes([UInt8](repeating: 9, count: 32)))
    #expect(try passed(secret) == secret)
  }

  @Test("Reports pass as they are, in order")
  func reports() throws {
    let remote = Endpoint(.v6(high: 0x2001_0DB8 << 32, low: 1), port: 4500)
    let failure = IKEReport.Failure(
      stage: .childSA, cause: "„no proposal chosen“", remote: remote, retryAfter: .milliseconds(1500))
    let message = IKEToSupervisor.reports([
      IKEReport(connection: "berlin--hq", .connecting(remote)),
      IKEReport(connection: "berlin--hq", .childEstablished(SampleSite.phase2(spi: 300, at: 5))),
      IKEReport(connection: nil, .failed(failure)),
    ])
    #expect(try passed(message) == message)
  }

  @Test("An IKE message from port 4500 passes as the bytes that it is")
  func datagram() throws {
    let local = Endpoint(.v4(0xC000_0201), port: 4500)
    let message = ESPToIKE.datagram(
      uplink: "dsl", local: local, remote: Endpoint(.v4(0xC000_0202), port: 4501), bytes: Array(0...255))
    #expect(try passed(message) == message)
    #expect(try CBOREncoder().encode(message).count < 256 + 100)
  }
}
