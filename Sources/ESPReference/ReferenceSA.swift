import ESP
import FabricCrypto
import WireFormat

/// One direction of an SA as RFC 4303 tells it, without any cleverness: what the data path is held against.
package struct ReferenceSA {
  private let spi: UInt32
  private let extended: Bool
  private let cipher: ReferenceCipher
  /// What the receiving end has seen.
  package private(set) var window: ReferenceReplayWindow

  /// The half on which `parameters` says that packets come in.
  package init(inbound parameters: ESPSAParameters) {
    self.init(parameters, spi: parameters.inboundSPI, keys: parameters.inboundKeys)
  }

  /// The half on which `parameters` says that packets go out.
  package init(outbound parameters: ESPSAParameters) {
    self.init(parameters, spi: parameters.outboundSPI, keys: parameters.outboundKeys)
  }

  private init(_ parameters: ESPSAParameters, spi: ESPSPI, keys: ESPKeys) {
    self.spi = spi.rawValue
    extended = parameters.extendedSequenceNumbers
    cipher = ReferenceCipher(parameters.suite, keys)
    window = ReferenceReplayWindow(size: UInt64((max(parameters.replayWindow, 1) + 63) / 64 * 64))
  }

  // MARK: - Sending

  /// The ESP packet of tunnel mode around an inner packet. The IV of an AEAD is its sequence number; that of another
  /// cipher is to be given.
  package func packet(around inner: [UInt8], sequence: UInt64, iv: [UInt8]? = nil) throws -> [UInt8] {
    let block = cipher.suite.encryption.isAEAD ? 4 : 16
    var text = inner
    var padding: UInt8 = 0
    // RFC 4303 section 2.4: pad length and next header end on a boundary of the block; the padding is 1, 2, 3 ….
    while (text.count + 2) % block != 0 {
      padding += 1
      text.append(padding)
    }
    let nextHeader = inner.first.map { $0 >> 4 == 6 ? IPProtocolNumber.ipv6 : IPProtocolNumber.ipv4 }
    return try packet(text: text + [padding, nextHeader ?? IPProtocolNumber.none], sequence: sequence, iv: iv)
  }

  /// The ESP packet with this text, of which nothing is checked.
  package func packet(text: [UInt8], sequence: UInt64, iv: [UInt8]? = nil) throws -> [UInt8] {
    let header = bigEndian(spi) + bigEndian(UInt32(truncatingIfNeeded: sequence))
    let iv = iv ?? (bigEndian(UInt32(sequence >> 32)) + bigEndian(UInt32(truncatingIfNeeded: sequence)))
    return header + iv + (try cipher.seal(header: header, high: high(sequence), iv: iv, text: text))
  }

  // MARK: - Receiving

  /// The inner packet, if the packet is to be delivered: new, authentic and well padded. Selectors are not looked at.
  package mutating func open(_ packet: [UInt8]) throws -> [UInt8]? {
    let ivLength = cipher.suite.encryption.ivLength
    guard packet.count >= 8 + ivLength + 2 + cipher.suite.icvLength else { return nil }
    let header = Array(packet[..<8])
    let low = header[4...].reduce(0) { $0 << 8 | UInt64($1) }
    let sequence = extended ? window.extended(low) : low
    guard header[..<4].elementsEqual(bigEndian(spi)), window.mayAccept(sequence) else { return nil }
    let iv = Array(packet[8..<(8 + ivLength)])
    let text = try cipher.open(
      header: header, high: high(sequence), iv: iv, sealed: Array(packet[(8 + ivLength)...]))
    guard let text else { return nil }
    window.accept(sequence)
    let padding = Int(text[text.count - 2])
    guard padding + 2 <= text.count else { return nil }
    let payload = Array(text.dropLast(padding + 2))
    guard text.dropLast(2).suffix(padding).elementsEqual((0..<padding).map { UInt8($0 + 1) }) else { return nil }
    guard let inner = IPHeader(payload), text.last == (inner.source.family == .v4 ? 4 : 41) else { return nil }
    return Array(payload[..<inner.totalLength])
  }

  private func high(_ sequence: UInt64) -> [UInt8]? { extended ? bigEndian(UInt32(sequence >> 32)) : nil }

  private func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }
}
