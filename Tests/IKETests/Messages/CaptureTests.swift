import FabricTestKit
import FoundationEssentials
import Testing
import WireFormat

@testable import IKE

/// Where the captures lie that this project did not make.
private let captureFolder: String = {
  let root = ProcessInfo.processInfo.environment["FABRIC_VECTORS"] ?? "../shared/vectors"
  return root + "/tcpdump"
}()

private var captures: [String] {
  let files = (try? FileManager.default.contentsOfDirectory(atPath: captureFolder)) ?? []
  return files.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
}

@Suite(
  "Captures of real and of malformed traffic",
  .enabled(if: !captures.isEmpty, "there are no captures: set FABRIC_VECTORS to the folder of the test vectors"))
struct CaptureTests {
  @Test("no captured message traps the parser or the engine, whole, cut short or with any byte changed")
  func noTrap() throws {
    var messages = 0
    for name in captures {
      let capture = try #require(CaptureFile(path: captureFolder + "/" + name))
      for datagram in capture.datagrams {
        messages += 1
        for bytes in variants(of: datagram.ikeMessage) { feed(bytes) }
        feed(datagram.payload)
      }
    }
    print("\(messages) datagrams of \(captures.count) captures")
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
    let capture = try #require(CaptureFile(path: captureFolder + "/ikev2four.pcap"))
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
