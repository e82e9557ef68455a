import WireFormat

/// Joins TCP or UDP packets that follow each other in one flow into one packet of several segments, so that the system
/// handles them at one go; the reverse of `Segmentation`.
///
/// A packet joins only if cutting the whole again gives exactly the packets that came in: same addresses, ports, TTL and
/// type of service; for TCP the same options, acknowledgement and window; sequence and identification go on; no flag but
/// ACK, and PSH at the end; one size, the last may be shorter; all checksums right, for UDP not left out. Nothing is
/// copied: the pieces stay where they are.
///
/// Not `Sendable`, and no call here calls back: what changes per packet goes without the run time's checks for exclusive
/// access.
public final class PacketRun {
  @exclusivity(unchecked) private var first: TransportPacket?
  @exclusivity(unchecked) private var joinsUDP = false
  @exclusivity(unchecked) private var segmentSize = 0
  @exclusivity(unchecked) private var nextSequence: UInt32 = 0
  @exclusivity(unchecked) private var nextIdentification: UInt16 = 0
  @exclusivity(unchecked) private var isFirstVerified = false
  @exclusivity(unchecked) private var lastFlags: UInt8 = 0
  private let storage: UnsafeMutableBufferPointer<UnsafeRawBufferPointer>
  @exclusivity(unchecked) private var pieceCount = 0

  /// Whether another packet may follow in the run.
  @exclusivity(unchecked) public private(set) var isOpen = false

  /// The length of all pieces together, in bytes.
  @exclusivity(unchecked) public private(set) var length = 0

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
  /// `joinsUDP` says whether the device takes UDP packets of several segments.
  public func start(_ packet: UnsafeMutableRawBufferPointer, joinsUDP: Bool) {
    self.joinsUDP = joinsUDP
    storage[0] = UnsafeRawBufferPointer(packet)
    pieceCount = 1
    length = packet.count
    isFirstVerified = false
    first = candidate(packet)
    guard let first else { return isOpen = false }
    segmentSize = first.payload.count
    isOpen = segmentSize > 0 && PacketRun.leavesOpen(first)
    guard isOpen else { return }
    nextIdentification = first.identification &+ 1
    if first.transport == .tcp {
      lastFlags = first.flags
      nextSequence = first.sequence &+ UInt32(truncatingIfNeeded: segmentSize)
    }
  }

  /// Adds the packet to the run if it belongs there; false if it does not.
  public func join(_ packet: UnsafeMutableRawBufferPointer) -> Bool {
    guard isOpen, let first, let next = candidate(packet), continues(first, next), isIntact(first, next) else {
      return false
    }
    let payload = next.payload
    storage[pieceCount] = payload
    pieceCount += 1
    length += payload.count
    nextIdentification = nextIdentification &+ 1
    if next.transport == .tcp {
      lastFlags = next.flags
      nextSequence = nextSequence &+ UInt32(truncatingIfNeeded: payload.count)
    }
    isOpen = payload.count == segmentSize && PacketRun.leavesOpen(next)
    return true
  }

  /// Rewrites the first packet's headers for the whole and returns what the kernel must know of it.
  public func finish() -> VirtualNetworkHeader {
    guard pieceCount > 1, let first else { return .plain }
    first.setLength(length, identification: first.identification)
    if first.transport == .tcp { first.setFlags(lastFlags) }
    first.setChecksumField(first.pseudoHeader(length: length - first.ipLength).partialValue)
    return VirtualNetworkHeader(
      needsChecksum: true, segmentation: PacketRun.segmentation(of: first),
      headerLength: UInt16(truncatingIfNeeded: first.headerLength),
      segmentSize: UInt16(truncatingIfNeeded: segmentSize),
      checksumStart: UInt16(truncatingIfNeeded: first.ipLength),
      checksumOffset: UInt16(first.transport.checksumOffset))
  }

  private static func segmentation(of packet: TransportPacket) -> VirtualNetworkHeader.Segmentation {
    if packet.transport == .udp { return .udp }
    return packet.isIPv4 ? .tcpOverIPv4 : .tcpOverIPv6
  }

  /// A TCP or UDP packet as long as its IP header says, without IP options, extension headers or fragmentation; nil for
  /// all others.
  private func candidate(_ packet: UnsafeMutableRawBufferPointer) -> TransportPacket? {
    guard let version = packet.first else { return nil }
    if version == 0x45 {
      // Neither a fragment nor one with more to come (RFC 791 section 3.1).
      guard packet.count >= 20, packet.count == lengthField(packet, at: 2), packet[6] & 0x3F == 0, packet[7] == 0 else {
        return nil
      }
      return candidate(packet, protocolNumber: packet[9], ipLength: 20)
    }
    guard version >> 4 == 6, packet.count >= 40, packet.count == 40 + lengthField(packet, at: 4) else { return nil }
    return candidate(packet, protocolNumber: packet[6], ipLength: 40)
  }

  private func lengthField(_ packet: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
    Int(UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  private func candidate(
    _ packet: UnsafeMutableRawBufferPointer, protocolNumber: UInt8, ipLength: Int
  ) -> TransportPacket? {
    switch protocolNumber {
    case IPProtocolNumber.tcp: return TransportPacket(packet, .tcp, ipLength: ipLength)
    case IPProtocolNumber.udp where joinsUDP:
      guard let udp = TransportPacket(packet, .udp, ipLength: ipLength),
        udp.udpLength == packet.count - ipLength
      else { return nil }
      return udp
    default: return nil
    }
  }

  /// Whether another packet may follow this one in a run. Flags end it: they would be another packet's when cut again.
  private static func leavesOpen(_ packet: TransportPacket) -> Bool {
    packet.transport == .udp || packet.flags == TransportPacket.ack
  }

  private func continues(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    let payloadLength = next.payload.count
    guard next.transport == first.transport, next.isIPv4 == first.isIPv4, next.headerLength == first.headerLength,
      payloadLength > 0, payloadLength <= segmentSize, length + payloadLength <= PacketRun.maximumLength,
      pieceCount < PacketRun.maximumPieces
    else { return false }
    if first.isIPv4, next.identification != nextIdentification { return false }
    return next.transport == .udp ? PacketRun.udpFieldsThatStay(first, next) : continuesTCP(first, next)
  }

  private func continuesTCP(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    next.sequence == nextSequence && next.flags & ~TransportPacket.psh == TransportPacket.ack
      && PacketRun.tcpFieldsThatStay(first, next)
  }

  private static func udpFieldsThatStay(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    // Ports.
    ipFieldsThatStay(first, next) && agree(first, next, first.ipLength..<(first.ipLength + 4))
  }

  /// Whether the headers agree but for length, identification, sequence, flags and checksums.
  private static func tcpFieldsThatStay(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    let tcp = first.ipLength
    // Ports; acknowledgement, header length; window; urgent pointer and options.
    return ipFieldsThatStay(first, next)
      && agree(first, next, tcp..<(tcp + 4)) && agree(first, next, (tcp + 8)..<(tcp + 13))
      && agree(first, next, (tcp + 14)..<(tcp + 16)) && agree(first, next, (tcp + 18)..<first.headerLength)
  }

  private static func ipFieldsThatStay(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    first.isIPv4
      ? agree(first, next, 0..<2) && agree(first, next, 6..<10) && agree(first, next, 12..<20)
      : agree(first, next, 0..<4) && agree(first, next, 6..<40)
  }

  private static func agree(_ first: TransportPacket, _ next: TransportPacket, _ range: Range<Int>) -> Bool {
    range.allSatisfy { first.bytes[$0] == next.bytes[$0] }
  }

  /// A wrong checksum must reach its receiver as it is; joining would put it right.
  private func isIntact(_ first: TransportPacket, _ next: TransportPacket) -> Bool {
    func isIntact(_ packet: TransportPacket) -> Bool {
      (!packet.isIPv4 || packet.hasExactIPChecksum) && packet.hasExactChecksum
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
