import FabricCrypto

/// A message of ours and the datagrams in which it goes out: one, or the fragments of what is too large for one.
///
/// Sent again it is the same, byte by byte, unless its fragments have to be smaller.
struct OutgoingMessage {
  /// What is sealed, and with which keys.
  private struct Sealed {
    let header: IKEHeader
    let contents: ProtectedContents
    let protection: MessageProtection
  }

  /// Nil where the message goes out in clear, and so in one piece (RFC 7383 section 2.1).
  private let sealed: Sealed?
  private(set) var datagrams: [[UInt8]]
  /// How often it has been sent.
  var transmissions = 1

  /// A message of IKE_SA_INIT.
  init(plain bytes: [UInt8]) {
    sealed = nil
    datagrams = [bytes]
  }

  /// A protected message in datagrams of at most `limit` bytes; in one of any length where `limit` is nil.
  init(
    _ header: IKEHeader, _ contents: ProtectedContents, _ protection: MessageProtection, limit: Int?
  ) throws(CryptographyError) {
    sealed = Sealed(header: header, contents: contents, protection: protection)
    datagrams = [try protection.seal(header, contents, position: nil)]
    if let limit { try cut(to: limit) }
  }

  /// Whether the message goes out in fragments.
  var isFragmented: Bool { datagrams.count > 1 }

  /// Whether `message` is authentic under the keys of this one, and the first fragment of a message.
  func isAnswer(toFirstFragment message: ReceivedMessage) -> Bool {
    guard let sealed, let opened = try? sealed.protection.openPart(message) else { return false }
    return opened.position?.number == 1
  }

  /// Cuts the message anew if one of its datagrams is longer than `limit`.
  mutating func cut(to limit: Int) throws(CryptographyError) {
    guard let sealed, datagrams.contains(where: { $0.count > limit }) else { return }
    let most = sealed.protection.contentLength(ofFragment: limit)
    let bytes = sealed.contents.bytes
    // RFC 7383 section 2.5.2: each time it is cut, there are more fragments, by which the peer tells them from the old.
    let fewest = isFragmented ? datagrams.count + 1 : 1
    let length = min(most, bytes.count.dividedRoundingUp(by: fewest))
    let total = bytes.count.dividedRoundingUp(by: length)
    guard total >= fewest, total <= Reassembly.mostFragments else { return }
    var fragments: [[UInt8]] = []
    for number in 1...total {
      // RFC 7383 section 2.5: the first fragment names the first payload; the others name none.
      let piece = ProtectedContents(
        first: number == 1 ? sealed.contents.first : .none,
        bytes: Array(bytes.dropFirst((number - 1) * length).prefix(length)))
      let position = FragmentPosition(UInt16(number), of: UInt16(total))
      fragments.append(try sealed.protection.seal(sealed.header, piece, position: position))
    }
    datagrams = fragments
  }
}

extension Int {
  /// The quotient of two numbers that are not negative; zero for a divisor of zero.
  fileprivate func dividedRoundingUp(by divisor: Int) -> Int { divisor == 0 ? 0 : (self + divisor - 1) / divisor }
}
