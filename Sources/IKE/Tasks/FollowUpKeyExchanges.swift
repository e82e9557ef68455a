import FabricCrypto
import WireFormat

/// What CREATE_CHILD_SA and its IKE_FOLLOWUP_KE exchanges have agreed on (RFC 9370 section 2.2.4): SK(0) to SK(n).
struct SharedSecrets {
  /// SK(0), the secret of CREATE_CHILD_SA itself; nil for a Child SA without perfect forward secrecy.
  let first: SecretBytes?
  /// SK(1) to SK(n).
  var additional: [SecretBytes] = []

  /// `SK(0) | Ni | Nr | SK(1) | … | SK(n)`, what new keys are derived from besides SK_d.
  func seed(_ nonces: Nonces) -> SecretBytes {
    additional.reduce((first ?? SecretBytes([])) + nonces.concatenated) { seed, secret in
      secret.withUnsafeBytes { seed + $0 }
    }
  }
}

/// The additional key exchanges behind CREATE_CHILD_SA at its initiator (RFC 9370 section 2.2.4), each of which is
///
///     HDR(IKE_FOLLOWUP_KE), SK {KEi(n), N(ADDITIONAL_KEY_EXCHANGE)(link)}  -->
///                      <--  HDR(IKE_FOLLOWUP_KE), SK {KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)(link)]}
struct InitiatedFollowUps {
  private var methods: ArraySlice<KeyExchangeMethod>
  /// What the responder wants to see again, to know what the exchange belongs to.
  private var link: [UInt8]
  private var keyExchange: KeyExchange?
  private(set) var secrets: SharedSecrets

  /// The rounds that follow a response; nil where that lacks the link to them, or has one though there are none.
  init?(_ methods: [KeyExchangeMethod], behind response: [Payload], firstSecret: SecretBytes?) {
    let link = response.followUpLink
    guard methods.isEmpty == (link == nil) else { return nil }
    self.methods = methods[...]
    self.link = link ?? []
    self.secrets = SharedSecrets(first: firstSecret)
  }

  /// Whether all secrets are there.
  var areComplete: Bool { methods.isEmpty }

  /// The next request.
  mutating func build() throws(ExchangeError) -> [Payload] {
    guard let method = methods.first else { return [] }
    let fresh = try makeKeyExchange(method)
    keyExchange = fresh
    return [
      .keyExchange(KeyExchangePayload(method: method, publicValue: fresh.publicValue)), .followUpLink(link),
    ]
  }

  /// Takes the secret of a response; false where there is none to take.
  mutating func process(_ response: [Payload]) -> Bool {
    guard let keyExchange, let peer = response.keyExchange, peer.method == keyExchange.method.rawValue,
      let secret = try? keyExchange.sharedSecret(with: peer.publicValue)
    else { return false }
    let next = response.followUpLink
    methods = methods.dropFirst()
    guard methods.isEmpty == (next == nil) else { return false }
    link = next ?? []
    secrets.additional.append(secret)
    return true
  }
}

/// The additional key exchanges behind CREATE_CHILD_SA at its responder.
struct AnsweredFollowUps {
  private var methods: ArraySlice<KeyExchangeMethod>
  /// Random bytes by which the next request is known; nil when there is none to come.
  private(set) var link: [UInt8]?
  private(set) var secrets: SharedSecrets

  init(_ methods: [KeyExchangeMethod], firstSecret: SecretBytes?, _ context: SessionContext) {
    self.methods = methods[...]
    secrets = SharedSecrets(first: firstSecret)
    renewLink(context)
  }

  /// Whether all secrets are there.
  var areComplete: Bool { methods.isEmpty }

  /// The payload that announces the next round, if there is one.
  var announcement: [Payload] { link.map { [.followUpLink($0)] } ?? [] }

  /// Answers a request: `KEr(n) [, N(ADDITIONAL_KEY_EXCHANGE)]`.
  mutating func answer(_ request: [Payload], _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    guard let method = methods.first, let peer = request.keyExchange, peer.method == method.rawValue,
      let keyExchange = try? KeyExchangeAnswer(method, to: peer.publicValue)
    else { throw .refused(NotifyPayload(.invalidSyntax)) }
    methods = methods.dropFirst()
    secrets.additional.append(keyExchange.sharedSecret)
    renewLink(context)
    return [.keyExchange(KeyExchangePayload(method: method, publicValue: keyExchange.publicValue))] + announcement
  }

  private mutating func renewLink(_ context: SessionContext) {
    link = methods.isEmpty ? nil : context.random.randomBytes(16)
  }
}

/// An IKE_FOLLOWUP_KE that belongs to nothing, or to what has been given up.
final class RefuseFollowUp: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    throw .refused(NotifyPayload(.stateNotFound))
  }
}

extension Payload {
  fileprivate static func followUpLink(_ link: [UInt8]) -> Payload {
    .notify(NotifyPayload(.additionalKeyExchange, data: link))
  }
}

extension [Payload] {
  /// What an IKE_FOLLOWUP_KE exchange has in common with the exchange that it follows.
  var followUpLink: [UInt8]? { notify(.additionalKeyExchange)?.data }
}
