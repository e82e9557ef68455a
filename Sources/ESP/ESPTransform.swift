import FabricCrypto

/// Runs an SA's cipher over one whole ESP packet in place; it knows what is authenticated besides the text.
///
///     AEADs (RFC 4106 section 5, RFC 7634)       AAD  SPI ‖ sequence            32-bit sequence numbers
///                                                AAD  SPI ‖ high ‖ low          extended
///     encrypt-then-MAC (RFC 4303 section 2.2.1)  MAC  packet                    32-bit sequence numbers
///                                                MAC  packet ‖ high             extended
struct ESPTransform: ~Copyable {
  let layout: ESPPacketLayout
  private let cipher: PacketCipher
  private let isAEAD: Bool
  private let extended: Bool

  init(
    suite: ProtectionSuite, keys: ESPKeys, extended: Bool, implementation: CipherImplementation
  ) throws(CryptographyError) {
    layout = ESPPacketLayout(suite)
    cipher = try PacketCipher(
      suite: suite, encryptionKey: keys.encryption, integrityKey: keys.integrity, implementation: implementation)
    isAEAD = suite.encryption.isAEAD
    self.extended = extended
  }

  /// Whose code does the work.
  var implementation: CipherImplementation { cipher.implementation }

  /// Encrypts the text and writes the check value; header, IV and trailer are in place already.
  func seal(_ packet: ESPPacketBuffer, sequence: UInt64) -> Bool {
    withAuthenticatedData(packet, sequence: sequence) { header, trailer in
      do throws(CryptographyError) {
        try cipher.seal(header: header, iv: packet.iv, text: packet.text, trailer: trailer, icv: packet.icv)
        return true
      } catch {
        return false
      }
    }
  }

  /// As `seal`, but perhaps not before `finish`.
  func sealLater(_ packet: ESPPacketBuffer, sequence: UInt64) -> Bool {
    withAuthenticatedData(packet, sequence: sequence) { header, trailer in
      do throws(CryptographyError) {
        try cipher.sealLater(header: header, iv: packet.iv, text: packet.text, trailer: trailer, icv: packet.icv)
        return true
      } catch {
        return false
      }
    }
  }

  /// Seals what `sealLater` has let wait; false if that failed for one of the packets.
  func finish() -> Bool { cipher.finish() }

  /// Checks and decrypts; false if the packet is not authentic.
  func open(_ packet: ESPPacketBuffer, sequence: UInt64) -> Bool {
    withAuthenticatedData(packet, sequence: sequence) { header, trailer in
      cipher.open(
        header: header, iv: packet.iv, text: packet.text, trailer: trailer, icv: UnsafeRawBufferPointer(packet.icv))
    }
  }

  private func withAuthenticatedData(
    _ packet: ESPPacketBuffer, sequence: UInt64,
    _ body: (_ header: UnsafeRawBufferPointer, _ trailer: UnsafeRawBufferPointer?) -> Bool
  ) -> Bool {
    guard extended else { return body(packet.header, nil) }
    let high = UInt32(truncatingIfNeeded: sequence >> 32).bigEndian
    guard isAEAD else { return withUnsafeBytes(of: high) { body(packet.header, $0) } }
    let low = UInt32(truncatingIfNeeded: sequence).bigEndian
    let spi = packet.header.loadUnaligned(as: UInt32.self)
    return withUnsafeBytes(of: (spi, high, low)) { body($0, nil) }
  }
}

/// The parts of one ESP packet in a buffer.
struct ESPPacketBuffer {
  private let start: UnsafeMutableRawPointer
  private let prefixLength, textLength, icvLength: Int

  /// The packet that fills `bytes`; nil if it is too short for the layout.
  init?(_ bytes: UnsafeMutableRawBufferPointer, _ layout: ESPPacketLayout) {
    guard let start = bytes.baseAddress, bytes.count >= layout.minimumLength else { return nil }
    self.start = start
    prefixLength = layout.prefixLength
    icvLength = layout.icvLength
    textLength = bytes.count - prefixLength - icvLength
  }

  var header: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: ESPPacketLayout.headerLength) }
  var iv: UnsafeRawBufferPointer { UnsafeRawBufferPointer(mutableIV) }
  var mutableIV: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: start + ESPPacketLayout.headerLength, count: prefixLength - ESPPacketLayout.headerLength)
  }
  var text: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start + prefixLength, count: textLength)
  }
  var icv: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start + prefixLength + textLength, count: icvLength)
  }

  var sequence: UInt32 { UInt32(bigEndian: start.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) }

  func writeHeader(spi: UInt32, sequence: UInt32) {
    start.storeBytes(of: spi.bigEndian, as: UInt32.self)
    start.storeBytes(of: sequence.bigEndian, toByteOffset: 4, as: UInt32.self)
  }

  /// Writes padding, pad length and next header behind the inner packet (RFC 4303 section 2.4: 1, 2, 3 …).
  func writeTrailer(paddingLength: Int, nextHeader: UInt8) {
    let text = text
    let padding = text.count - ESPPacketLayout.trailerLength - paddingLength
    for index in 0..<paddingLength { text[padding + index] = UInt8(truncatingIfNeeded: index + 1) }
    text[text.count - 2] = UInt8(truncatingIfNeeded: paddingLength)
    text[text.count - 1] = nextHeader
  }
}
