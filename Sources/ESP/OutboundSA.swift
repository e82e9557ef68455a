import FabricCrypto
import WireFormat

/// The sending half of a pair of ESP SAs: clear packets in, ESP packets out.
///
///     buffer    │ headroom  │ inner packet │ tailroom         │
///     sealed    │   header iv encrypted text, trailer icv     │
///
/// Not `Sendable`: one thread seals with one SA. That, and that no call here calls back, is why what changes per packet
/// goes without the run time's checks for exclusive access.
public final class OutboundSA {
  /// The SPI that the peer chose.
  public let spi: ESPSPI
  /// Where the packets go.
  public internal(set) var path: ESPPath
  /// Packets and inner bytes sealed.
  @exclusivity(unchecked) public private(set) var traffic = TrafficCounters()

  private let transform: ESPTransform
  private let selectors: SelectorCheck
  private let unpredictableIV: UnpredictableIV?
  @exclusivity(unchecked) private var sequence: SequenceNumbers

  /// The outbound half of `parameters`. Throws where the keys do not fit the suite.
  init(
    _ parameters: ESPSAParameters, random: some RandomSource, lastSequence: UInt64 = 0,
    implementation: CipherImplementation
  ) throws(CryptographyError) {
    spi = parameters.outboundSPI
    path = parameters.path
    transform = try ESPTransform(
      suite: parameters.suite, keys: parameters.outboundKeys, extended: parameters.extendedSequenceNumbers,
      implementation: implementation)
    selectors = SelectorCheck(local: parameters.localSelectors, remote: parameters.remoteSelectors)
    unpredictableIV = parameters.suite.encryption.isAEAD ? nil : try UnpredictableIV(random)
    sequence = SequenceNumbers(extended: parameters.extendedSequenceNumbers, last: lastSequence)
  }

  /// The layout of its packets.
  public var layout: ESPPacketLayout { transform.layout }

  /// Whose code seals the packets.
  public var cipherImplementation: CipherImplementation { transform.implementation }

  /// Sequence numbers not used yet: when they run low the SA must be rekeyed, when they run out it falls silent.
  public var remainingSequenceNumbers: UInt64 { sequence.remaining }

  /// Seals the inner IP packet at `inner` in place and returns where the ESP packet lies, from its SPI to its ICV.
  ///
  /// `ESPPacketLayout.headroom` before and `ESPPacketLayout.tailroom` behind `inner` are always enough.
  /// Throws the reason for which the packet must be dropped and counted.
  public func seal(_ inner: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) throws(DropReason) -> Range<Int> {
    let (range, packet, number) = try prepare(inner, nextHeader: nextHeader(of: inner, in: buffer), in: buffer)
    guard transform.seal(packet, sequence: number) else { throw .cipherFailure }
    return range
  }

  /// As `seal`, but the packet may wait for `finishSealing`, together with others: until then it stays where it is and must
  /// not be sent.
  public func sealLater(_ inner: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) throws(DropReason) -> Range<Int>
  {
    let (range, packet, number) = try prepare(inner, nextHeader: nextHeader(of: inner, in: buffer), in: buffer)
    guard transform.sealLater(packet, sequence: number) else { throw .cipherFailure }
    return range
  }

  /// As `sealLater`, of a packet that is sent twice: `header` is written before it, for which `ReplicaHeader.length` more
  /// bytes of headroom are needed.
  public func sealLater(
    _ inner: Range<Int>, behind header: ReplicaHeader, in buffer: UnsafeMutableRawBufferPointer
  ) throws(DropReason) -> Range<Int> {
    _ = try nextHeader(of: inner, in: buffer)
    let start = inner.lowerBound - ReplicaHeader.length
    guard start >= 0 else { throw .noRoom }
    header.write(to: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<inner.lowerBound]))
    let (range, packet, number) = try prepare(
      start..<inner.upperBound, nextHeader: ReplicaHeader.nextHeader, in: buffer)
    guard transform.sealLater(packet, sequence: number) else { throw .cipherFailure }
    return range
  }

  /// Seals what `sealLater` has let wait; false if that failed, and then none of it may be sent.
  public func finishSealing() -> Bool { transform.finish() }

  /// Seals a dummy packet, of which a peer that does not know its contents takes no notice (RFC 4303 section 2.6); else as
  /// `seal`.
  public func sealDummy(
    _ payload: Range<Int>, in buffer: UnsafeMutableRawBufferPointer
  ) throws(DropReason) -> Range<Int> {
    let (range, packet, number) = try prepare(payload, nextHeader: IPProtocolNumber.none, in: buffer)
    guard transform.seal(packet, sequence: number) else { throw .cipherFailure }
    return range
  }

  /// Writes everything of the packet but what the cipher does, and uses up a sequence number.
  @inline(__always)
  private func prepare(
    _ inner: Range<Int>, nextHeader: UInt8, in buffer: UnsafeMutableRawBufferPointer
  ) throws(DropReason) -> (range: Range<Int>, packet: ESPPacketBuffer, number: UInt64) {
    let layout = transform.layout
    let start = inner.lowerBound - layout.prefixLength
    let end = start + layout.packetLength(innerLength: inner.count)
    guard start >= 0, end <= buffer.count,
      let packet = ESPPacketBuffer(UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end]), layout)
    else { throw .noRoom }
    // From here on the number is used up, whatever becomes of the packet.
    guard let number = sequence.reserve() else { throw .sequenceExhausted }
    packet.writeHeader(spi: spi.rawValue, sequence: UInt32(truncatingIfNeeded: number))
    packet.writeTrailer(paddingLength: layout.paddingLength(innerLength: inner.count), nextHeader: nextHeader)
    guard writeIV(packet, number) else { throw .cipherFailure }
    traffic.count(bytes: inner.count)
    return (start..<end, packet, number)
  }

  private func nextHeader(
    of inner: Range<Int>, in buffer: UnsafeMutableRawBufferPointer
  ) throws(DropReason) -> UInt8 {
    guard let packet = InnerPacket(UnsafeRawBufferPointer(rebasing: buffer[inner])), packet.bytes.count == inner.count
    else { throw .malformedInnerPacket }
    guard selectors.allowsOutbound(packet) else { throw .selectorMismatch }
    return packet.nextHeader
  }

  private func writeIV(_ packet: ESPPacketBuffer, _ number: UInt64) -> Bool {
    // RFC 4106 section 3.1: the IV must be unique under the key; the sequence number is.
    guard let unpredictableIV else {
      packet.mutableIV.storeBytes(of: number.bigEndian, as: UInt64.self)
      return true
    }
    return unpredictableIV.next(into: packet.mutableIV)
  }
}

/// Packets and bytes that an SA carried.
public struct TrafficCounters: Hashable, Sendable, Codable {
  /// Packets.
  public private(set) var packets: UInt64 = 0
  /// Bytes of inner packets.
  public private(set) var bytes: UInt64 = 0

  /// Both zero.
  public init() {}

  mutating func count(bytes count: Int) {
    packets &+= 1
    bytes &+= UInt64(count)
  }
}
