import FabricTestKit
import WireFormat

/// Real and malformed traffic that others have captured.
enum SeedCaptures {
  /// The ESP packets and the contents of the UDP datagrams; none where the captures are missing.
  static func datagrams() throws -> [[UInt8]] { try captures().flatMap { $0.datagrams.map(\.payload) + $0.espPackets } }

  /// The IKE messages.
  static func ikeMessages() throws -> [[UInt8]] { try captures().flatMap { $0.datagrams.map(\.ikeMessage) } }

  private static func captures() throws -> [CaptureFile] {
    guard ExternalTestData.vectorsWanted else { return [] }
    return try ExternalTestData.captures().map { try ExternalTestData.capture($0) }
  }
}

extension CaptureFile {
  /// The packets of protocol 50, from the SPI on, in Ethernet frames.
  fileprivate var espPackets: [[UInt8]] {
    frames.compactMap { frame in
      let packet = Array(frame.dropFirst(14))
      guard let header = IPHeader(packet), header.ipProtocol == IPProtocolNumber.esp else { return nil }
      return Array(packet[header.headerLength..<header.totalLength])
    }
  }
}
