import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

/// Our ESP against Scapy's, byte for byte: every suite by every implementation of its cipher, with and without extended
/// sequence numbers and UDP, IPv4 and IPv6 inside.
@Suite(.enabled(if: ExternalTestData.scapyWanted, "\(ExternalTestData.scapyMissing)"))
struct ScapyTests {
  /// Everything that can vary in a packet.
  private struct Case {
    let protection: Protection
    let udp: Bool
    let inner: [UInt8]
    /// The packet's number: beyond 2^32 with extended sequence numbers.
    var sequence: UInt64 { protection.extended ? (1 << 32) + 7 : 7 }

    static let all = Protection.all.flatMap { protection in
      [false, true].flatMap { udp in
        [Inner.v4(), Inner.v6(), Inner.v4(payload: [UInt8](repeating: 0x5A, count: 1380))].map {
          Case(protection: protection, udp: udp, inner: $0)
        }
      }
    }
  }

  @Test("Scapy opens what we seal, and seals the very same bytes")
  func weSeal() throws {
    var requests: [ScapyRequest] = []
    var sealed: [[UInt8]] = []
    for one in Case.all {
      let parameters = try ESPSAParameters.loopback(one.protection)
      let outbound = try OutboundSA(
        parameters, random: SeededRandom(seed: 4), lastSequence: one.sequence - 1,
        implementation: one.protection.implementation)
      let packet = try outbound.seal(one.inner)
      let iv = packet[8..<ESPPacketLayout(parameters.suite).prefixLength]
      sealed.append(packet)
      requests.append(parameters.request(.open, packet, one.sequence, udp: one.udp))
      requests.append(parameters.request(.seal, one.inner, one.sequence, udp: one.udp, iv: Array(iv)))
    }
    let answers = try askScapy(requests)
    for (index, one) in Case.all.enumerated() {
      #expect(answers[2 * index] == one.inner, "\(one)")
      #expect(answers[2 * index + 1] == sealed[index], "\(one)")
    }
    print("Scapy opened and resealed \(sealed.count) packets of ours, byte for byte")
  }

  @Test("we open what Scapy seals with an IV of its own choice")
  func scapySeals() throws {
    let parameters = try Case.all.map { try ESPSAParameters.loopback($0.protection) }
    let requests = zip(Case.all, parameters).map { one, parameters in
      parameters.request(.seal, one.inner, one.sequence, udp: one.udp)
    }
    let answers = try askScapy(requests)
    for (index, one) in Case.all.enumerated() {
      let packet = try #require(answers[index])
      if one.udp { #expect(packet.withUnsafeBytes { UDPEncapsulation.classify($0) } == .esp) }
      let inbound = try InboundSA(parameters[index], implementation: one.protection.implementation)
      if one.protection.extended { try bring(inbound, beyondFirstSubspaceOf: parameters[index]) }
      #expect(try inbound.open(packet) == one.inner, "\(one)")
      #expect(throws: DropReason.replayed) { try inbound.open(packet) }
    }
    print("we opened \(answers.count) packets of Scapy's")
  }

  @Test("Scapy refuses what was changed on the way")
  func tampered() throws {
    var requests: [ScapyRequest] = []
    for one in Case.all {
      let parameters = try ESPSAParameters.loopback(one.protection)
      var packet = try OutboundSA(
        parameters, random: SeededRandom(seed: 4), lastSequence: one.sequence - 1,
        implementation: one.protection.implementation
      ).seal(one.inner)
      packet[30] ^= 1
      requests.append(parameters.request(.open, packet, one.sequence, udp: one.udp))
    }
    #expect(try askScapy(requests).allSatisfy { $0 == nil })
  }

  /// A receiver learns of the upper 32 bits only by following the sender.
  private func bring(_ inbound: InboundSA, beyondFirstSubspaceOf parameters: ESPSAParameters) throws {
    for last in [1 << 31, (1 << 32) - 1] as [UInt64] {
      let outbound = try OutboundSA(parameters, random: SeededRandom(seed: 5), lastSequence: last)
      _ = try inbound.open(outbound.seal(Inner.v4()))
    }
  }
}

extension ESPSAParameters {
  fileprivate func request(
    _ operation: ScapyRequest.Operation, _ packet: [UInt8], _ sequence: UInt64, udp: Bool, iv: [UInt8]? = nil
  ) -> ScapyRequest {
    ScapyRequest(
      operation: operation, encryption: suite.encryption.scapyName,
      encryptionKey: outboundKeys.encryption.hex, integrity: suite.integrity?.scapyName,
      integrityKey: outboundKeys.integrity?.hex, spi: outboundSPI.rawValue, sequence: sequence,
      extended: extendedSequenceNumbers, udp: udp, iv: iv?.hex, packet: packet.hex)
  }
}

extension SecretBytes {
  fileprivate var hex: String { withUnsafeBytes { Array($0).hex } }
}

extension EncryptionAlgorithm {
  fileprivate var scapyName: String {
    switch self {
    case .aes128CBC, .aes256CBC: "AES-CBC"
    case .aes128GCM16, .aes256GCM16: "AES-GCM"
    case .chaCha20Poly1305: "CHACHA20-POLY1305"
    }
  }
}

extension IntegrityAlgorithm {
  fileprivate var scapyName: String {
    switch self {
    case .hmacSHA256_128: "SHA2-256-128"
    case .hmacSHA384_192: "SHA2-384-192"
    case .hmacSHA512_256: "SHA2-512-256"
    }
  }
}
