import WireFormat

/// Joins TCP packets that follow each other in one flow into one packet of several segments, so that the system
/// handles them at one go; the reverse of `Segmentation`.
///
/// A packet joins only if cutting the whole again gives exactly the packets that came in: same addresses, ports, TTL,
/// type of service, options, acknowledgement and window; sequence and identification go on; no flag but ACK, and PSH at
/// the end; one size, the last may be shorter; all checksums right. Nothing is copied: the pieces stay where they are.
public final class PacketRun {
  private var first: TCPPacket?
  private var segmentSize = 0
  private var nextSequence: UInt32 = 0
  private var nextIdentification: UInt16 = 0
  private var isFirstVerified = false
  private var isOpen = false
  private var lastFlags: UInt8 = 0
  private let storage: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>
  private var pieceCount = 0

  /// The length of all pieces together, in bytes.
  public private(set) var length = 0

  /// As many segments as the kernel takes in one packet that fits 65,535 bytes is far below this.
  private static let maximumPieces = 128
  private static let maximumLength = 65_535

  /// An empty run.
  public init() {
    storage = .allocate(capacity: PacketRun.maximumPieces)
    storage.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  deinit { storage.deallocate() }

  /// Whether there is no packet in the run.
  public var isEmpty: Bool { pieceCount == 0 }

  /// The bytes of the run: the first packet, then the payload of each that joined it.
  public var pieces: UnsafeBufferPointer<UnsafeRawBufferPointer> {
    UnsafeBufferPointer(rebasing: storage[..<pieceCount])
  }

  /// Empties the run and begins it anew with `packet`, any IP packet; its bytes must stay until the run is used.
  public func start(_ packet: UnsafeMutableRawBufferPointer) {
    storage[0] = UnsafeRawBufferPointer(packet)
    pieceCount = 1
    length = packet.count
    isFirstVerified = false
    first = PacketRun.candidate(packet)
    guard let first else { return isOpen = false }
    segmentSize = first.payload.count
    lastFlags = first.flags
    isOpen = first.flags == TCPPacket.ack && segmentSize > 0
    nextSequence = first.sequence &+ UInt32(truncatingIfNeeded: segmentSize)
    nextIdentification = first.identification &+ 1
  }

  /// Adds the packet to the run if it belongs there; false if it does not.
  public func join(_ packet: UnsafeMutableRawBufferPointer) -> Bool {
    guard isOpen, let first, let next = PacketRun.candidate(packet), continues(first, next) else { return false }
    let payload = next.payload
    guard isIntact(first, next) else { return false }
    storage[pieceCount] = payload
    pieceCount += 1
    length += payload.count
    lastFlags = next.flags
    nextSequence = nextSequence &+ UInt32(truncatingIfNeeded: payload.count)
    nextIdentification = nextIdentification &+ 1
    isOpen = next.flags == TCPPacket.ack && payload.count == segmentSize
    return true
  }

  /// Rewrites the first packet's headers for the whole and returns what the kernel must know of it.
  public func finish() -> VirtualNetworkHeader {
    guard pieceCount > 1, let first else { return .plain }
    first.setIPLength(length, identification: first.identification)
    first.setFlags(lastFlags)
    first.setChecksum(first.pseudoHeader(length: length - first.ipLength).partialValue)
    return VirtualNetworkHeader(
      needsChecksum: true, segmentation: first.isIPv4 ? .tcpOverIPv4 : .tcpOverIPv6,
      headerLength: UInt16(truncatingIfNeeded: first.headerLength),
      segmentSize: UInt16(truncatingIfNeeded: segmentSize),
      checksumStart: UInt16(truncatingIfNeeded: first.ipLength),
      checksumOffset: UInt16(TCPPacket.checksumOffset))
  }

  /// A TCP packet without IP options, extension headers or fragmentation; nil for all others.
  private static func candidate(_ packet: UnsafeMutableRawBufferPointer) -> TCPPacket? {
    guard let version = packet.first else { return nil }
    if version == 0x45 {
      // Neither a fragment nor one with more to come (RFC 791 section 3.1).
      guard packet.count >= 20, packet[9] == IPProtocolNumber.tcp, packet[6] & 0x3F == 0, packet[7] == 0 else {
        return nil
      }
      return TCPPacket(packet, ipLength: 20)
    }
    guard version >> 4 == 6, packet.count >= 40, packet[6] == IPProtocolNumber.tcp else { return nil }
    return TCPPacket(packet, ipLength: 40)
  }

  private func continues(_ first: TCPPacket, _ next: TCPPacket) -> Bool {
    let payloadLength = next.payload.count
    guard next.isIPv4 == first.isIPv4, next.headerLength == first.headerLength, payloadLength > 0,
      payloadLength <= segmentSize, length + payloadLength <= PacketRun.maximumLength,
      pieceCount < PacketRun.maximumPieces, next.sequence == nextSequence,
      next.flags == TCPPacket.ack || next.flags == TCPPacket.ack | TCPPacket.psh
    else { return false }
    if first.isIPv4, next.identification != nextIdentification { return false }
    return PacketRun.fieldsThatStay(first, next)
  }

  /// Whether the headers agree but for length, identification, sequence, flags and checksums.
  private static func fieldsThatStay(_ first: TCPPacket, _ next: TCPPacket) -> Bool {
    func agree(_ range: Range<Int>) -> Bool {
      range.allSatisfy { first.bytes[$0] == next.bytes[$0] }
    }
    let tcp = first.ipLength
    let ip =
      first.isIPv4
      ? agree(0..<2) && agree(6..<10) && agree(12..<20)
      : agree(0..<4) && agree(6..<40)
    // Ports; acknowledgement, header length; window; urgent pointer and options.
    return ip && agree(tcp..<(tcp + 4)) && agree((tcp + 8)..<(tcp + 13)) && agree((tcp + 14)..<(tcp + 16))
      && agree((tcp + 18)..<first.headerLength)
  }

  /// A wrong checksum must reach its receiver as it is; joining would put it right.
  private func isIntact(_ first: TCPPacket, _ next: TCPPacket) -> Bool {
    func isIntact(_ packet: TCPPacket) -> Bool {
      (!packet.isIPv4 || packet.ipChecksum == 0) && packet.checksum == 0
    }
    if !isFirstVerified {
      guard isIntact(first) else {
        isOpen = false
        return false
      }
      isFirstVerified = true
    }
    return isIntact(next)
  }
}
