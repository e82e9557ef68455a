import FabricCrypto
import WireFormat

/// The receiving half of a pair of ESP SAs: ESP packets in, clear packets out (RFC 4303 section 3.4).
///
///     replay check → open → replay accept → padding → next header → inner header → selector check (→ elimination)
///
/// Not `Sendable`: one thread opens with one SA. That, and that no call here calls back, is why what changes per packet
/// goes without the run time's checks for exclusive access.
public final class InboundSA {
  /// The SPI that we chose.
  public let spi: ESPSPI
  /// Packets and inner bytes opened.
  @exclusivity(unchecked) public private(set) var traffic = TrafficCounters()

  /// Whether the packet opened last is the newest that its sender has sent, as far as known: not one that came late.
  @exclusivity(unchecked) private(set) var hasOpenedNewest = false

  private let transform: ESPTransform
  private let selectors: SelectorCheck
  private let extended: Bool
  private let recovery: SequenceRecovery?
  @exclusivity(unchecked) private var window: ReplayWindow
  @exclusivity(unchecked) private var resynchronization = Resynchronization()

  /// The inbound half of `parameters`; with `recovery`, the peer may send packets of which there are two copies. Throws
  /// where the keys do not fit the suite.
  init(
    _ parameters: ESPSAParameters, recovery: SequenceRecovery? = nil, implementation: CipherImplementation
  ) throws(CryptographyError) {
    self.recovery = recovery
    spi = parameters.inboundSPI
    extended = parameters.extendedSequenceNumbers
    transform = try ESPTransform(
      suite: parameters.suite, keys: parameters.inboundKeys, extended: extended, implementation: implementation)
    selectors = SelectorCheck(local: parameters.localSelectors, remote: parameters.remoteSelectors)
    window = ReplayWindow(size: parameters.replayWindow)
  }

  /// Opens the ESP packet at `packet` in place and returns where the inner IP packet lies.
  ///
  /// Throws the reason for which the packet must be dropped and counted.
  public func open(_ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer) throws(DropReason) -> Range<Int> {
    hasOpenedNewest = false
    let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[packet])
    guard let parts = ESPPacketBuffer(bytes, transform.layout) else { throw .truncated }
    guard let sequence = extended ? window.extended(parts.sequence) : UInt64(parts.sequence) else { throw .tooOld }
    if let objection = window.objection(to: sequence) { throw objection }
    let authentic = extended && resynchronization.isDue ? openSearching(parts, from: sequence) : open(parts, sequence)
    guard let authentic else {
      resynchronization.failed()
      throw .notAuthentic
    }
    resynchronization.succeeded()
    hasOpenedNewest = authentic > window.highest
    // RFC 4303 section 3.4.3: the window moves only for packets that passed the integrity check.
    window.accept(authentic)
    let inner = try innerPacket(text: UnsafeRawBufferPointer(parts.text))
    traffic.count(bytes: inner.count)
    let start = packet.lowerBound + transform.layout.prefixLength
    return (start + inner.lowerBound)..<(start + inner.upperBound)
  }

  /// The packet's sequence number, if that proves to be it.
  @inline(__always)
  private func open(_ parts: ESPPacketBuffer, _ sequence: UInt64) -> UInt64? {
    transform.open(parts, sequence: sequence) ? sequence : nil
  }

  /// The packet's sequence number, if that or one of those after it with the same lower half proves to be it (RFC 4303
  /// appendix A3.2).
  private func openSearching(_ parts: ESPPacketBuffer, from sequence: UInt64) -> UInt64? {
    // A cipher that fails leaves nothing of the text.
    let sealed = Array(parts.text)
    for subspace in 0...Resynchronization.subspaces {
      let (candidate, overflow) = sequence.addingReportingOverflow(subspace << 32)
      if overflow { return nil }
      parts.text.copyBytes(from: sealed)
      if transform.open(parts, sequence: candidate) { return candidate }
    }
    return nil
  }

  /// Whether an authentic packet has come in, be it one that was dropped for what it carried.
  var hasHeardFromPeer: Bool { window.highest > 0 }

  /// Where in the text the inner packet lies.
  private func innerPacket(text: UnsafeRawBufferPointer) throws(DropReason) -> Range<Int> {
    let paddingLength = Int(text[text.count - 2])
    let nextHeader = text[text.count - 1]
    let payloadLength = text.count - ESPPacketLayout.trailerLength - paddingLength
    guard payloadLength >= 0 else { throw .badPadding }
    for index in 0..<paddingLength where text[payloadLength + index] != UInt8(truncatingIfNeeded: index + 1) {
      throw .badPadding
    }
    // RFC 4303 section 2.6: dummy packets are discarded without an error.
    guard nextHeader != IPProtocolNumber.none else { throw .dummy }
    // RFC 4303 section 2.7: what lies behind the inner packet is traffic flow confidentiality padding.
    let payload = UnsafeRawBufferPointer(start: text.baseAddress, count: payloadLength)
    guard nextHeader == IPProtocolNumber.ipv4 || nextHeader == IPProtocolNumber.ipv6 else {
      return try replicatedPacket(payload, nextHeader)
    }
    guard let inner = InnerPacket(payload), inner.nextHeader == nextHeader else { throw .malformedInnerPacket }
    guard selectors.allowsInbound(inner) else { throw .selectorMismatch }
    return 0..<inner.bytes.count
  }

  /// Where the inner packet lies in a payload that is one of two copies, if it is the first to come.
  private func replicatedPacket(_ payload: UnsafeRawBufferPointer, _ nextHeader: UInt8) throws(DropReason) -> Range<Int>
  {
    guard let recovery, nextHeader == ReplicaHeader.nextHeader, let header = ReplicaHeader(payload) else {
      throw .unexpectedNextHeader
    }
    let start = ReplicaHeader.length
    guard let inner = InnerPacket(UnsafeRawBufferPointer(rebasing: payload[start...])) else {
      throw .malformedInnerPacket
    }
    guard selectors.allowsInbound(inner) else { throw .selectorMismatch }
    // Last of all: a copy that is dropped for what it is must not keep the other one out.
    try recovery.admit(header)
    return start..<(start + inner.bytes.count)
  }
}
