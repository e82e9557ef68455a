import WireFormat

/// The fragments of one message of the peer, until all are there (RFC 7383 section 2.6).
///
/// Only authentic ones come here. Still a peer that has not proved its identity yet can send some, so they are bounded
/// in number, bytes and time.
struct Reassembly {
  /// More fragments than this have no message of ours or an honest peer's.
  static let mostFragments = 64
  /// A longer message is not waited for.
  static let mostBytes = 1 << 15
  /// What is not whole by then is thrown away.
  static let patience: Duration = .seconds(30)

  /// A message that is whole.
  struct Whole: Equatable {
    let contents: ProtectedContents
    /// Length of the longest datagram that brought a piece of it.
    let longestDatagram: Int
  }

  private var messageID: UInt32 = 0
  private var total: UInt16 = 0
  private var pieces: [UInt16: [UInt8]] = [:]
  private var first = PayloadType.none
  private var byteCount = 0
  private var longestDatagram = 0
  /// When what has come is thrown away; nil while there is nothing.
  private(set) var deadline: Instant?

  /// Adds a fragment; returns the message if it was the last one that was missing.
  mutating func add(
    _ contents: ProtectedContents, at position: FragmentPosition, from message: ReceivedMessage, at now: Instant
  ) -> Whole? {
    guard position.total <= Reassembly.mostFragments else { return nil }
    if deadline == nil || message.header.messageID != messageID || position.total > total {
      // RFC 7383 section 2.6: more fragments than before: the peer has cut the message into smaller pieces.
      self = Reassembly()
      (messageID, total) = (message.header.messageID, position.total)
      deadline = now.advanced(by: Reassembly.patience)
    }
    guard position.total == total, pieces[position.number] == nil else { return nil }
    byteCount += contents.bytes.count
    guard byteCount <= Reassembly.mostBytes else {
      self = Reassembly()
      return nil
    }
    pieces[position.number] = contents.bytes
    longestDatagram = max(longestDatagram, message.bytes.count)
    if position.number == 1 { first = contents.first }
    return takeIfWhole()
  }

  private mutating func takeIfWhole() -> Whole? {
    guard pieces.count == Int(total) else { return nil }
    let bytes = (1...total).flatMap { pieces[$0] ?? [] }
    defer { self = Reassembly() }
    return Whole(contents: ProtectedContents(first: first, bytes: bytes), longestDatagram: longestDatagram)
  }

  /// Throws away what has waited for too long.
  mutating func expire(at now: Instant) {
    if let deadline, deadline <= now { self = Reassembly() }
  }
}
