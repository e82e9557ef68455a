import FabricCrypto
import WireFormat

/// An additional key exchange at the initiator of IKE_INTERMEDIATE (RFC 9370 section 2.2.3): `HDR, SK {KEi(n)}  -->`.
final class InitiateAdditionalKeyExchange: ExchangeTask {
  private let method: KeyExchangeMethod
  private var keyExchange: KeyExchange?

  init(_ method: KeyExchangeMethod) { self.method = method }

  func build(in session: IKESession, _ context: SessionContext) throws(ExchangeError) -> [Payload] {
    let fresh = try makeKeyExchange(method)
    keyExchange = fresh
    return [.keyExchange(KeyExchangePayload(method: method, publicValue: fresh.publicValue))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let peer = message.payloads.keyExchange, peer.method == method.rawValue, let keyExchange else {
      let cause = message.payloads.errorNotify.map { "the peer answered \($0.type)" } ?? "the peer's answer lacks it"
      throw failure(cause)
    }
    do {
      try session.mixIn(try keyExchange.sharedSecret(with: peer.publicValue), context)
    } catch {
      throw failure("\(error)")
    }
    session.takeUpNextKeys()
  }

  private func failure(_ cause: String) -> ExchangeError {
    .fatal(notify: nil, .failed(.ikeSA, cause: "additional key exchange \(Transform(method).name): \(cause)"))
  }
}

/// An additional key exchange at the responder: `<--  HDR, SK {KEr(n)}`.
final class AnswerAdditionalKeyExchange: ExchangeTask {
  private var answer: [Payload] = []

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let method = session.initial.remainingKeyExchanges.first else { return }
    guard let peer = message.payloads.keyExchange, peer.method == method.rawValue else {
      throw failure(method, "the peer's request lacks it")
    }
    do {
      let keyExchange = try KeyExchangeAnswer(method, to: peer.publicValue)
      try session.mixIn(keyExchange.sharedSecret, context)
      answer = [.keyExchange(KeyExchangePayload(method: method, publicValue: keyExchange.publicValue))]
    } catch {
      throw failure(method, "\(error)")
    }
    session.initial.remainingKeyExchanges.removeFirst()
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }

  private func failure(_ method: KeyExchangeMethod, _ cause: String) -> ExchangeError {
    .fatal(
      notify: NotifyPayload(.invalidSyntax),
      .failed(.ikeSA, cause: "additional key exchange \(Transform(method).name): \(cause)"))
  }
}
