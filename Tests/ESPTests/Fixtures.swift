import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

/// Every suite that Fabric negotiates.
let allSuites: [ProtectionSuite] = EncryptionAlgorithm.allCases.flatMap { encryption in
  encryption.isAEAD
    ? [.aead(encryption)] : IntegrityAlgorithm.allCases.map { .encryptThenMAC(encryption, $0) }
}

/// A suite with and without extended sequence numbers, and whose code runs it.
struct Protection: CustomTestStringConvertible {
  let suite: ProtectionSuite
  let extended: Bool
  var implementation = CipherImplementation.openSSL

  static let all = allSuites.flatMap { suite in
    CipherImplementation.available(for: suite).flatMap { implementation in
      [false, true].map { Protection(suite: suite, extended: $0, implementation: implementation) }
    }
  }

  var testDescription: String { "\(suite) by \(implementation.rawValue)\(extended ? " with ESN" : "")" }
}

extension ESPSAParameters {
  /// A pair of SAs whose two halves are each other's peer: what it seals, it opens.
  static func loopback(
    _ protection: Protection = Protection(suite: .aead(.aes256GCM16), extended: true), spi: UInt32 = 0x1000,
    tunnel: Int = 1, seed: UInt64 = 1, replayWindow: Int = 64, isInitiator: Bool = true,
    local: [TrafficSelector] = [.any(.v4), .any(.v6)], remote: [TrafficSelector] = [.any(.v4), .any(.v6)]
  ) throws -> ESPSAParameters {
    let random = SeededRandom(seed: seed)
    let suite = protection.suite
    let keys = ESPKeys(
      encryption: SecretBytes(random.randomBytes(suite.encryptionKeyLength)),
      integrity: suite.integrity.map { SecretBytes(random.randomBytes($0.keyLength)) })
    let spi = try #require(ESPSPI(rawValue: spi))
    let endpoint = Endpoint(.v4(0x0A00_0001), port: 4500)
    return ESPSAParameters(
      tunnel: tunnel, inboundSPI: spi, outboundSPI: spi, suite: suite, inboundKeys: keys, outboundKeys: keys,
      extendedSequenceNumbers: protection.extended, replayWindow: replayWindow,
      path: ESPPath(uplink: "isp-a", local: endpoint, remote: endpoint, encapsulation: .udp),
      localSelectors: local, remoteSelectors: remote, isInitiator: isInitiator)
  }
}

extension OutboundSA {
  convenience init(
    _ parameters: ESPSAParameters, random: some RandomSource, lastSequence: UInt64 = 0
  ) throws(CryptographyError) {
    try self.init(
      parameters, random: random, lastSequence: lastSequence, implementation: .fastest(for: parameters.suite))
  }

  /// Seals one packet in a buffer of its own.
  func seal(_ inner: [UInt8]) throws(DropReason) -> [UInt8] {
    var buffer =
      [UInt8](repeating: 0xEE, count: ESPPacketLayout.headroom) + inner
      + [UInt8](repeating: 0xEE, count: ESPPacketLayout.tailroom)
    let start = ESPPacketLayout.headroom
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(DropReason) in try seal(start..<(start + inner.count), in: bytes) }
    }
    return Array(buffer[try result.get()])
  }
}

extension InboundSA {
  convenience init(_ parameters: ESPSAParameters) throws(CryptographyError) {
    try self.init(parameters, implementation: .fastest(for: parameters.suite))
  }

  /// Opens one packet in a buffer of its own.
  func open(_ packet: [UInt8]) throws(DropReason) -> [UInt8] {
    var buffer = packet
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result { () throws(DropReason) in try open(0..<packet.count, in: bytes) }
    }
    return Array(buffer[try result.get()])
  }
}

/// Inner packets.
enum Inner {
  /// An IPv4 packet with `payload` bytes behind its header.
  static func v4(
    source: UInt32 = 0x0A01_0105, destination: UInt32 = 0x0A03_0307, ipProtocol: UInt8 = IPProtocolNumber.udp,
    fragmentOffset: UInt16 = 0, payload: [UInt8] = [0, 53, 0, 99, 0, 8, 0, 0]
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt8(0x45))
    writer.write(UInt8(0))
    writer.write(UInt16(20 + payload.count))
    writer.write(UInt16(0))
    writer.write(fragmentOffset)
    writer.write(UInt8(64))
    writer.write(ipProtocol)
    writer.write(UInt16(0))
    writer.write(source)
    writer.write(destination)
    writer.write(payload)
    return writer.bytes
  }

  /// An IPv6 packet with `payload` bytes behind its header.
  static func v6(payload: [UInt8] = [0, 53, 0, 99, 0, 8, 0, 0]) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt32(0x6000_0000))
    writer.write(UInt16(payload.count))
    writer.write(IPProtocolNumber.udp)
    writer.write(UInt8(64))
    writer.write(IPAddress.v6(high: 0xFD00_0000_0000_0001, low: 5).bytes)
    writer.write(IPAddress.v6(high: 0xFD00_0000_0000_0003, low: 7).bytes)
    writer.write(payload)
    return writer.bytes
  }
}
