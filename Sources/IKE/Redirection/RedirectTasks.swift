import WireFormat

/// Sends an initiator to another gateway (RFC 5685), where its connection says so: the sooner, the less there is to undo.
///
///     IKE_SA_INIT       where every peer that may be behind the address is to go to the same gateway; nothing is kept
///     IKE_AUTH          when the peer has proved who it is, in place of a Child SA
///     INFORMATIONAL     when the connection comes to say so while the IKE SA stands
///
/// Then it is the peer that closes the IKE SA. As an initiator ourselves we do not offer REDIRECT_SUPPORTED: only the topology
/// says who our gateways are (docs/decisions/redirect.md).
extension IKESession {
  /// Where the peer is to be sent; nil where it is to stay, or does not know how to go.
  var redirect: IPAddress? {
    guard isRedirectable, let gateway = connection?.redirect, gateway != initial.redirectedFrom else { return nil }
    return gateway
  }

  /// The connection says another gateway now, or none any more.
  func redirect(_ connection: IKEConnection, _ context: SessionContext) {
    self.connection = connection
    guard phase == .established, let gateway = redirect else { return }
    enqueue(.informational, [InitiateRedirect(to: gateway)])
    startNextExchange(context)
  }
}

/// REDIRECT in answer to IKE_SA_INIT (RFC 5685 section 3): `<--  HDR (A,0), N(REDIRECT, New_GW_ID, Ni_data)`.
///
/// The first task of all: who is sent elsewhere costs no key exchange.
final class AnswerRedirectSupport: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) throws(ExchangeError) {
    let origin = message.payloads.notify(.redirectedFrom)
    session.isRedirectable = origin != nil || message.payloads.notify(.redirectSupported) != nil
    // RFC 5685 section 3: who comes from there is not sent back.
    session.initial.redirectedFrom = origin?.gateway
    let policies = context.directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address)
    guard session.isRedirectable, let gateway = policies.first?.redirect, gateway != origin?.gateway,
      let nonce = message.payloads.nonce?.bytes
    else { return }
    throw .refused(NotifyPayload(redirectingTo: gateway, nonce: nonce))
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [] }
}

/// REDIRECT in answer to IKE_AUTH (RFC 5685 section 6): `<--  HDR, SK {IDr, AUTH, N(REDIRECT, New_GW_ID)}`.
final class AnswerWithRedirect: ExchangeTask {
  private var gateway: IPAddress?

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) { gateway = session.redirect }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    gateway.map { [.notify(NotifyPayload(redirectingTo: $0))] } ?? []
  }
}

/// REDIRECT in an IKE SA that stands (RFC 5685 section 5): `HDR, SK {N(REDIRECT, New_GW_ID)}  -->`.
final class InitiateRedirect: ExchangeTask {
  private let gateway: IPAddress

  init(to gateway: IPAddress) { self.gateway = gateway }

  /// The connection has been changed back meanwhile.
  func isMoot(in session: IKESession) -> Bool { session.redirect != gateway }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    [.notify(NotifyPayload(redirectingTo: gateway))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {}
}
