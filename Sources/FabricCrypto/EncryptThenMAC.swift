import CIPsecMB

/// AES-CBC with an HMAC over the cipher text: OpenSSL's, and for several packets at once ipsec-mb's if asked for.
struct EncryptThenMAC: ~Copyable {
  private let sealing: OpenSSLCipher
  private let opening: OpenSSLCipher
  private let authentication: MessageAuthentication
  private let multiBuffer: MultiBufferCBC?

  init(
    _ encryption: EncryptionAlgorithm, _ encryptionKey: SecretBytes, _ integrity: IntegrityAlgorithm,
    _ integrityKey: SecretBytes?, _ implementation: CipherImplementation
  ) throws(CryptographyError) {
    guard let integrityKey else { throw .wrongKeyLength(expected: integrity.keyLength, actual: 0) }
    let sealing = try OpenSSLCipher(encryption, .seal, keyAndSalt: encryptionKey)
    let opening = try OpenSSLCipher(encryption, .open, keyAndSalt: encryptionKey)
    let authentication = try MessageAuthentication(integrity, key: integrityKey)
    let multiBuffer =
      implementation == .ipsecMB ? try MultiBufferCBC(encryption, encryptionKey, integrity, integrityKey) : nil
    self.authentication = authentication
    self.multiBuffer = multiBuffer
    self.sealing = sealing
    self.opening = opening
  }

  func seal(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    sealing.start(iv: iv) && sealing.process(text)
      && authentication.compute(header, iv, UnsafeRawBufferPointer(text), trailer, into: icv)
  }

  /// Seals a packet now, or lets it wait for `finish`.
  func sealLater(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let multiBuffer, MultiBufferCBC.lengths.contains(text.count),
      let start = text.baseAddress?.advanced(by: -iv.count - header.count),
      header.baseAddress == UnsafeRawPointer(start), iv.baseAddress == UnsafeRawPointer(start + header.count),
      icv.baseAddress == start + header.count + iv.count + text.count, (trailer?.count ?? 0) <= icv.count
    else { return seal(header: header, iv: iv, text: text, trailer: trailer, icv: icv) }
    let textOffset = header.count + iv.count
    let packet = CIPsecMB_Packet(
      start: start.assumingMemoryBound(to: UInt8.self), textOffset: UInt64(textOffset), textLength: UInt64(text.count),
      authenticatedLength: UInt64(textOffset + text.count + (trailer?.count ?? 0)))
    guard multiBuffer.add(packet) else {
      return seal(header: header, iv: iv, text: text, trailer: trailer, icv: icv)
    }
    // What is authenticated must lie in one piece; the check value takes the trailer's place at the end.
    if let trailer { icv.copyMemory(from: trailer) }
    return true
  }

  /// Seals the packets that wait; false if one of them could not be sealed.
  func finish() -> Bool {
    guard let multiBuffer else { return true }
    defer { multiBuffer.removeAll() }
    return multiBuffer.isWorthwhile ? multiBuffer.seal() : multiBuffer.waiting.allSatisfy { sealOne($0) }
  }

  private func sealOne(_ packet: CIPsecMB_Packet) -> Bool {
    let text = UnsafeMutableRawBufferPointer(
      start: packet.start + Int(packet.textOffset), count: Int(packet.textLength))
    guard sealing.start(iv: UnsafeRawBufferPointer(start: packet.start + Int(packet.textOffset) - 16, count: 16)),
      sealing.process(text)
    else { return false }
    let authenticated = UnsafeRawBufferPointer(start: packet.start, count: Int(packet.authenticatedLength))
    return authentication.compute(
      authenticated, into: packet.start + Int(packet.textOffset + packet.textLength))
  }

  func open(
    header: UnsafeRawBufferPointer, iv: UnsafeRawBufferPointer, text: UnsafeMutableRawBufferPointer,
    trailer: UnsafeRawBufferPointer?, icv: UnsafeRawBufferPointer
  ) -> Bool {
    authentication.verify(header, iv, UnsafeRawBufferPointer(text), trailer, icv: icv)
      && opening.start(iv: iv) && opening.process(text)
  }
}
