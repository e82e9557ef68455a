import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

/// Captures of real ESP traffic, with their keys in `esp-secrets.txt`.
@Suite(.enabled(if: ExternalTestData.vectorsWanted, "\(ExternalTestData.vectorsMissing)"))
struct CaptureTests {
  @Test("AES-256-CBC packets of another implementation are decrypted once their HMAC-SHA1 is replaced by a MAC of ours")
  func aesCBC() throws {
    let key = try #require([UInt8](hex: "aaaabbbbccccdddd4043434545464649494a4a4c4c4f4f515152525454575758"))
    let integrityKey = [UInt8](repeating: 3, count: 32)
    let inbound = try InboundSA(parameters(spi: 0xD123_4567, key: key, integrityKey: integrityKey))
    let packets = try espPackets("08-sunrise-sunset-aes.pcap")
    #expect(packets.count == 8)
    for (index, packet) in packets.enumerated() {
      let authenticated = Array(packet.dropLast(12))
      let mac = PseudorandomFunction.hmacSHA256(key: SecretBytes(integrityKey), authenticated)
      let inner = try inbound.open(authenticated + mac.withUnsafeBytes { Array($0.prefix(16)) })
      // As esp5.out has it: ICMP echo requests from 192.0.2.1 to 192.0.1.1, sequence 1280, 1536 …
      let header = try #require(IPHeader(inner))
      #expect("\(header.source) \(header.destination) \(header.ipProtocol)" == "192.0.2.1 192.0.1.1 1")
      #expect(inner.count == 84)
      #expect(Int(inner[26]) << 8 | Int(inner[27]) == 1280 + 256 * index)
    }
  }

  @Test("packets of suites that Fabric does not speak are refused, under any suite that it does", arguments: allSuites)
  func otherSuites(suite: ProtectionSuite) throws {
    for (file, spi) in [
      ("02-sunrise-sunset-esp.pcap", 0x1234_5678), ("08-sunrise-sunset-aes.pcap", 0xD123_4567),
      ("08-sunrise-sunset-esp2.pcap", 0x1234_5678),
    ] as [(String, UInt32)] {
      let loopback = try ESPSAParameters.loopback(Protection(suite: suite, extended: false), spi: spi)
      let inbound = try InboundSA(loopback)
      let packets = try espPackets(file)
      #expect(packets.count == 8)
      for packet in packets { #expect(throws: DropReason.notAuthentic) { try inbound.open(packet) } }
    }
  }

  @Test("every datagram of every capture, valid or broken, gives a packet or a drop and never a trap")
  func everything() throws {
    let database = SADatabase(random: SeededRandom(seed: 1))
    try database.install(.loopback(spi: 0x1234_5678))
    try database.install(.loopback(spi: 0xD123_4567, tunnel: 2))
    var count = 0
    for name in try ExternalTestData.captures() {
      for var frame in try ExternalTestData.capture(name).frames {
        for start in frame.indices {
          frame.withUnsafeMutableBytes { bytes in
            _ = UDPEncapsulation.classify(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            #expect(throws: DropReason.self) { try database.open(start..<bytes.count, in: bytes) }
          }
        }
        count += 1
      }
    }
    #expect(count > 100)
  }

  private func parameters(spi: UInt32, key: [UInt8], integrityKey: [UInt8]) throws -> ESPSAParameters {
    let suite = ProtectionSuite.encryptThenMAC(.aes256CBC, .hmacSHA256_128)
    var parameters = try ESPSAParameters.loopback(Protection(suite: suite, extended: false), spi: spi)
    parameters.inboundKeys = ESPKeys(encryption: SecretBytes(key), integrity: SecretBytes(integrityKey))
    return parameters
  }

  /// The ESP packets, from the SPI on, in the Ethernet frames of a capture.
  private func espPackets(_ file: String) throws -> [[UInt8]] {
    try ExternalTestData.capture(file).frames.compactMap { frame in
      let packet = Array(frame.dropFirst(14))
      guard let header = IPHeader(packet), header.ipProtocol == IPProtocolNumber.esp else { return nil }
      return Array(packet[header.headerLength..<header.totalLength])
    }
  }
}
