import WireFormat

/// The frames of a capture: classic pcap, or pcapng as far as its enhanced packet blocks go.
public struct CaptureFile: Sendable {
  /// One UDP datagram as far as it was captured.
  public struct Datagram: Sendable {
    /// The ports of its header.
    public let sourcePort, destinationPort: UInt16
    /// What is behind its header.
    public let payload: [UInt8]

    /// The IKE message inside: behind the non-ESP marker on port 4500, everything elsewhere.
    public var ikeMessage: [UInt8] {
      guard sourcePort == 4500 || destinationPort == 4500 else { return payload }
      return payload.prefix(4).allSatisfy { $0 == 0 } ? Array(payload.dropFirst(4)) : []
    }
  }

  /// The frames as far as they were captured, of whatever link type.
  public let frames: [[UInt8]]
  /// The UDP datagrams in them.
  public var datagrams: [Datagram] { frames.compactMap { CaptureFile.datagram($0) } }

  /// Reads a file; what is cut off in it ends it.
  public init(_ file: some Sequence<UInt8>) {
    let bytes = Array(file)
    frames = bytes.prefix(4) == [0x0A, 0x0D, 0x0D, 0x0A] ? CaptureFile.blocks(bytes) : CaptureFile.records(bytes)
  }

  /// Little- or big-endian 32 bits.
  private static func word(_ bytes: [UInt8], _ offset: Int, isBigEndian: Bool) -> Int? {
    guard offset >= 0, offset + 4 <= bytes.count else { return nil }
    let slice = bytes[offset..<(offset + 4)]
    return (isBigEndian ? Array(slice) : slice.reversed()).reduce(0) { $0 << 8 | Int($1) }
  }

  /// The frames of a classic capture.
  private static func records(_ bytes: [UInt8]) -> [[UInt8]] {
    let isBigEndian = bytes.first == 0xA1
    var frames: [[UInt8]] = []
    var offset = 24
    while let length = word(bytes, offset + 8, isBigEndian: isBigEndian), offset + 16 + length <= bytes.count {
      frames.append(Array(bytes[(offset + 16)..<(offset + 16 + length)]))
      offset += 16 + length
    }
    return frames
  }

  /// The frames of a pcapng capture.
  private static func blocks(_ bytes: [UInt8]) -> [[UInt8]] {
    var frames: [[UInt8]] = []
    var offset = 0
    while let type = word(bytes, offset, isBigEndian: false),
      let length = word(bytes, offset + 4, isBigEndian: false), length >= 12, offset + length <= bytes.count
    {
      if type == 6, let captured = word(bytes, offset + 20, isBigEndian: false), 28 + captured <= length {
        frames.append(Array(bytes[(offset + 28)..<(offset + 28 + captured)]))
      }
      offset += length
    }
    return frames
  }

  /// The UDP datagram in a frame of whatever link type: behind an Ethernet header, or where an IP header is first found.
  private static func datagram(_ frame: [UInt8]) -> Datagram? {
    for offset in [14, 0, 4, 16, 18] where offset < frame.count {
      let packet = Array(frame[offset...])
      guard let first = packet.first, first >> 4 == 4 || first >> 4 == 6 else { continue }
      let headerLength = first >> 4 == 4 ? Int(first & 0x0F) * 4 : 40
      let ipProtocol = first >> 4 == 4 ? 9 : 6
      guard packet.count > headerLength + 8, packet[ipProtocol] == IPProtocolNumber.udp else { continue }
      let udp = Array(packet[headerLength...])
      return Datagram(
        sourcePort: UInt16(udp[0]) << 8 | UInt16(udp[1]), destinationPort: UInt16(udp[2]) << 8 | UInt16(udp[3]),
        payload: Array(udp[8...]))
    }
    return nil
  }
}
