import Foundation

/// RFC 27/ZAP: libzmq asks, in frames, whether a peer may connect, and gets frames back.
///
///     request                          reply
///     +----------------------------+   +----------------------------+
///     | version "1.0"              |   | version "1.0"              |
///     | request id                 |   | request id                 |
///     | domain                     |   | status code "200" or "400" |
///     | address                    |   | status text                |
///     | routing id                 |   | user id                    |
///     | mechanism "CURVE"          |   | metadata (empty)           |
///     | credentials: 32 byte key   |   +----------------------------+
///     +----------------------------+
///
/// The user id becomes a property of every message that the peer sends: here its public key, so that the site behind a
/// key is looked up at each message and a key that is no longer enrolled is refused in the middle of a session too.
struct ZAPRequest: Equatable {
  /// The domain of the agents' listener.
  static let domain = "fabric-agents"

  let id: [UInt8]
  let key: CurvePublicKey

  /// Reads a request; nil unless it is one for CURVE in our domain.
  init?(_ frames: [[UInt8]]) {
    guard frames.count == 7, frames[0] == Array("1.0".utf8), frames[2] == Array(Self.domain.utf8),
      frames[5] == Array("CURVE".utf8), let key = CurvePublicKey(bytes: frames[6])
    else { return nil }
    self.id = frames[1]
    self.key = key
  }

  /// The reply that lets the peer in, or turns it away.
  func reply(isAllowed: Bool) -> [[UInt8]] {
    isAllowed
      ? Self.reply(id, code: "200", text: "enrolled", userID: key.description)
      : Self.reply(id, code: "400", text: "key not enrolled", userID: "")
  }

  /// The reply to frames that are no request of ours.
  static func refusal(of frames: [[UInt8]]) -> [[UInt8]] {
    reply(frames.count > 1 ? frames[1] : [], code: "400", text: "not a CURVE request", userID: "")
  }

  private static func reply(_ id: [UInt8], code: String, text: String, userID: String) -> [[UInt8]] {
    [Array("1.0".utf8), id, Array(code.utf8), Array(text.utf8), Array(userID.utf8), []]
  }
}
