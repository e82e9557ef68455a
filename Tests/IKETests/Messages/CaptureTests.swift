import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite(
  "Captures of real and of malformed traffic",
  .enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct CaptureTests {
  @Test("no captured message traps the parser or the engine, whole, cut short or with any byte changed")
  func noTrap() throws {
    var messages = 0
    for name in try ExternalTestData.captures() {
      for datagram in try ExternalTestData.capture(name).datagrams {
        messages += 1
        for bytes in variants(of: datagram.ikeMessage) { feed(bytes) }
        feed(datagram.payload)
      }
    }
    #expect(messages > 20)
  }

  private func variants(of message: [UInt8]) -> [[UInt8]] {
    let cut = message.indices.map { Array(message.prefix($0)) }
    let changed = message.indices.map { index in
      var copy = message
      copy[index] ^= 0xFF
      return copy
    }
    return [message] + cut + changed
  }

  /// Runs a message through the parser, and through an engine that would like to answer.
  private func feed(_ bytes: [UInt8]) {
    _ = try? ReceivedMessage(bytes).chain()
    let gateway = Gateway("gateway", seed: 3)
    gateway.handle(.configure([IKEConnection.sample(initiates: false)]), at: .zero)
    let datagram = IKEDatagram(
      uplink: "isp", local: Endpoint(TwoGateways.leftAddress, port: 500),
      remote: Endpoint(TwoGateways.rightAddress, port: 500), bytes: bytes)
    gateway.handle(.datagram(datagram), at: .zero)
    #expect(gateway.installed.isEmpty)
  }

  @Test("the IKE_SA_INIT of a real IKEv2 capture reads as tcpdump reads it")
  func ikev2() throws {
    let capture = try ExternalTestData.capture("ikev2four.pcap")
    let messages = try capture.datagrams.prefix(3).map { try ReceivedMessage($0.ikeMessage).plain() }
    #expect(messages.map(\.header.exchangeType) == [.initial, .initial, .initial])
    #expect(messages.map(\.header.isFromInitiator) == [true, false, true])
    #expect(messages.map(\.header.isResponse) == [false, true, false])
    let proposals = try #require(messages[0].payloads.securityAssociation).proposals
    #expect(
      describe(proposals)
        == "aes128,aes256,aes192,3des/sha1,md5,aesxcbc/prfsha1,prfmd5,prfaesxcbc/modp1024,modp2048")
    #expect(messages[0].payloads.keyExchange?.publicValue.count == 128)
    #expect(messages[0].payloads.nonce?.bytes.count == 32)
    // The second message is a COOKIE, the third the first again with the cookie in front.
    let cookie = try #require(messages[1].payloads.notify(.cookie))
    #expect(messages[2].payloads == [.notify(cookie)] + messages[0].payloads)
    let sealed = capture.datagrams.compactMap { try? ReceivedMessage($0.ikeMessage).chain() }.filter {
      $0.encrypted != nil
    }
    #expect(!sealed.isEmpty)
  }
}
