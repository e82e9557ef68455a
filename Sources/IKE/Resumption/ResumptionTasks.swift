import FabricCrypto
import WireFormat

/// IKE_SESSION_RESUME at the initiator (RFC 5723 section 4.3.2): `HDR, [N(COOKIE),] Ni, N(TICKET_OPAQUE)  -->`.
final class InitiateResumption: ExchangeTask {
  private let held: HeldTicket
  private var nonce: [UInt8] = []
  private var cookie = ReturnedCookie()

  init(_ held: HeldTicket) { self.held = held }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    if nonce.isEmpty { nonce = context.newNonce() }
    return cookie.payloads + [
      .nonce(NoncePayload(bytes: nonce)), .notify(NotifyPayload(.ticket, data: held.ticket)),
    ]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    if let returned = message.payloads.notify(.cookie) { try cookie.take(returned) }
    // RFC 5723 section 4.3.3: without the ticket there is IKE_SA_INIT. Nothing is authenticated here: who forges a refusal
    // brings about a full handshake, and no more than that.
    if message.payloads.notify(.ticketRefused) != nil || message.payloads.errorNotify != nil {
      session.effects.append(.ticket(nil))
      throw .fatal(notify: nil, .ticketRefused)
    }
    guard let peerNonce = message.payloads.nonce, message.header.responderSPI != .zero else {
      throw .ignored(reason: "the peer's IKE_SESSION_RESUME response lacks a payload")
    }
    let nonces = Nonces(initiator: nonce, responder: peerNonce.bytes)
    do {
      session.sa = try held.session.resumed(
        nonces, initiatorSPI: session.localSPI, responderSPI: message.header.responderSPI, isInitiator: true,
        random: context.random)
    } catch {
      throw .ignored(reason: "the resumed keys: \(error)")
    }
    session.remoteSPI = message.header.responderSPI
    session.initial.nonces = nonces
    session.initial.resumed = held.session
    // RFC 5723 section 4.3.4: a ticket is presented once.
    session.effects.append(.ticket(nil))
    session.startAuthentication()
  }
}

/// IKE_SESSION_RESUME at the responder: `<--  HDR, Nr`, or `<--  HDR, N(TICKET_NACK)` for which nothing is kept.
final class AnswerResumption: ExchangeTask {
  private var answer: [Payload] = []

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    guard let peerNonce = message.payloads.nonce, let redeemed = session.initial.resumed else {
      throw .refused(NotifyPayload(.ticketRefused))
    }
    let nonces = Nonces(initiator: peerNonce.bytes, responder: context.newNonce())
    do {
      session.sa = try redeemed.resumed(
        nonces, initiatorSPI: session.initiatorSPI, responderSPI: session.responderSPI, isInitiator: false,
        random: context.random)
    } catch {
      throw .refused(NotifyPayload(.ticketRefused))
    }
    session.initial.nonces = nonces
    answer = [.nonce(NoncePayload(bytes: nonces.responder))]
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { answer }
}

extension IKESession {
  /// The proof of identity in a resumed session (RFC 5723 section 5.1): `AUTH = prf(SK_px, <SignedOctets>)`, by which an end
  /// shows that it holds the keys of the session before, in which it has proved its identity.
  func resumedProof(_ octets: SignedOctets) -> SharedKeyAuthentication {
    SharedKeyAuthentication(octets, key: octets.authenticationKey)
  }
}

/// The cookie that a responder under load wants back in front of the request (RFC 7296 section 2.6).
struct ReturnedCookie {
  /// A peer that asks for yet another cookie makes fun of us.
  private static let mostAttempts = 5

  private var cookie: NotifyPayload?
  private var attempts = 0

  /// The payload in front of the request.
  var payloads: [Payload] { cookie.map { [.notify($0)] } ?? [] }

  /// Takes a cookie of the peer's: the request is sent again with it.
  mutating func take(_ returned: NotifyPayload) throws(ExchangeError) -> Never {
    // RFC 7296 section 2.6: from 1 to 64 bytes.
    guard (1...64).contains(returned.data.count) else { throw .ignored(reason: "a cookie of a wrong length") }
    // The answer to a retransmission: the request with this cookie is out already.
    guard returned.data != cookie?.data else { throw .ignored(reason: "the same cookie again") }
    guard attempts < ReturnedCookie.mostAttempts else { throw .ignored(reason: "the peer asks for one retry too many") }
    attempts += 1
    cookie = NotifyPayload(.cookie, data: returned.data)
    throw .sendAgain
  }
}
