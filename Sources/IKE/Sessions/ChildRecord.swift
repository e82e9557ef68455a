import WireFormat

/// A Child SA as its IKE SA remembers it; the keys are with the ESP role alone.
struct ChildRecord {
  /// What is going on with it.
  enum State {
    case installed
    /// Our request to replace it is queued or out.
    case rekeying
    /// The peer has replaced it and is going to delete it.
    case replaced
    /// Our DELETE is queued or out.
    case deleting
  }

  let inboundSPI: ESPSPI
  let outboundSPI: ESPSPI
  let localSelectors: [TrafficSelector]
  let remoteSelectors: [TrafficSelector]
  /// The nonces of the exchange that made the pair.
  let nonces: Nonces
  /// Inbound SPI of the pair that this one replaces by a rekey.
  let replaces: ESPSPI?
  var state = State.installed
  /// When we replace it.
  var rekeys: Instant
  /// When it must not be used any more.
  let expires: Instant
}

/// A Child SA of which the peer does not know before our response has reached it.
///
/// A request of ours may overtake that response. One that names the pair would be answered with CHILD_SA_NOT_FOUND, on
/// which RFC 7296 section 2.25 has us forget the pair, just when the peer begins to use it.
struct UnconfirmedChild {
  /// A peer that has not asked for the response again by then has it.
  private static let longest: Duration = .seconds(60)

  let inboundSPI: ESPSPI
  let until: Instant

  init(_ inboundSPI: ESPSPI, _ context: SessionContext) {
    self.inboundSPI = inboundSPI
    until = context.now.advanced(by: UnconfirmedChild.longest)
  }
}

/// The ages at which an SA is replaced and at which it ends.
struct Lifetime {
  var rekeys: Instant
  let expires: Instant

  /// An SA that begins now. The exchange's initiator replaces it after 85 to 90 % of its lifetime and the responder after
  /// 90 to 95 %, so that seldom both do so at once (RFC 7296 section 2.8 asks for jitter).
  init(_ lifetime: Duration, isInitiator: Bool, _ context: SessionContext) {
    let earliest = isInitiator ? 0.85 : 0.90
    rekeys = context.now.advanced(by: lifetime * earliest + context.share(of: lifetime * 0.05))
    expires = context.now.advanced(by: lifetime)
  }
}
