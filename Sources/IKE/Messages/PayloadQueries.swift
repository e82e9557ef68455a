/// Finds the payloads that an exchange asks for, whatever their order (RFC 7296 section 2.5).
extension [Payload] {
  /// The first SA payload.
  var securityAssociation: SecurityAssociationPayload? {
    lazy.compactMap { if case .securityAssociation(let payload) = $0 { payload } else { nil } }.first
  }

  /// The first KE payload.
  var keyExchange: KeyExchangePayload? {
    lazy.compactMap { if case .keyExchange(let payload) = $0 { payload } else { nil } }.first
  }

  /// The first nonce.
  var nonce: NoncePayload? {
    lazy.compactMap { if case .nonce(let payload) = $0 { payload } else { nil } }.first
  }

  /// IDi.
  var initiatorIdentification: IdentificationPayload? {
    lazy.compactMap { if case .initiatorIdentification(let payload) = $0 { payload } else { nil } }.first
  }

  /// IDr.
  var responderIdentification: IdentificationPayload? {
    lazy.compactMap { if case .responderIdentification(let payload) = $0 { payload } else { nil } }.first
  }

  /// All certificates.
  var certificates: [CertificatePayload] {
    compactMap { if case .certificate(let payload) = $0 { payload } else { nil } }
  }

  /// AUTH.
  var authentication: AuthenticationPayload? {
    lazy.compactMap { if case .authentication(let payload) = $0 { payload } else { nil } }.first
  }

  /// TSi.
  var initiatorTrafficSelectors: TrafficSelectorPayload? {
    lazy.compactMap { if case .initiatorTrafficSelectors(let payload) = $0 { payload } else { nil } }.first
  }

  /// TSr.
  var responderTrafficSelectors: TrafficSelectorPayload? {
    lazy.compactMap { if case .responderTrafficSelectors(let payload) = $0 { payload } else { nil } }.first
  }

  /// All notifies.
  var notifies: [NotifyPayload] { compactMap { if case .notify(let payload) = $0 { payload } else { nil } } }

  /// All deletes.
  var deletes: [DeletePayload] { compactMap { if case .delete(let payload) = $0 { payload } else { nil } } }

  /// The first notify of a type.
  func notify(_ type: NotifyType) -> NotifyPayload? { notifies.first { $0.type == type } }

  /// The first notify that is an error.
  var errorNotify: NotifyPayload? { notifies.first { $0.type.isError } }
}
