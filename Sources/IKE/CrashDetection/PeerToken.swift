import FabricCrypto

/// What the peer has told of tokens.
struct PeerToken {
  /// The token by which it says that it has lost the IKE SA; nil before it has told, and once it has said so.
  var token: SecretBytes?
  /// Whether it makes tokens at all; then the IKE SA's successor gets one too.
  private(set) var isMaker = false

  /// What a successor of the IKE SA begins with: a token holds for two SPIs.
  var inherited: PeerToken {
    var copy = self
    copy.token = nil
    return copy
  }

  /// Takes note of a token; one of another length is none.
  mutating func note(_ token: [UInt8]) {
    guard CrashTokens.lengths.contains(token.count) else { return }
    self.token = SecretBytes(token)
    isMaker = true
  }
}

extension IKESession {
  /// Whether an unprotected message is the peer's word that it has lost the IKE SA (RFC 6290 section 4.4). It is taken once.
  func tellsOfCrash(_ message: ReceivedMessage) -> Bool {
    guard phase == .established, let token = peerToken.token, message.header.isResponse,
      let payloads = try? message.plain().payloads, payloads.notify(.invalidIKESPI) != nil,
      payloads.notifies.contains(where: { $0.type == .crashToken && SecretBytes($0.data) == token })
    else { return false }
    peerToken.token = nil
    return true
  }

  /// Tells the peer the token of new SPIs.
  func announceToken(_ context: SessionContext) {
    guard context.tokens != nil, peerToken.isMaker else { return }
    enqueue(.informational, [ExchangeCrashTokens()])
  }
}
