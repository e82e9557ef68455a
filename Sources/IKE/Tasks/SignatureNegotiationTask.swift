import FabricCrypto
import WireFormat

/// What an initiator says in IKE_SA_INIT of signatures: the hashes that it accepts in them (RFC 7427 section 4).
final class InitiateSignatureNegotiation: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] { [.notify(.signatureHashes)] }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.initial.peerHashes = message.payloads.signatureHashes
  }
}

/// What a responder answers: the hashes that it accepts, where it was told any, and the authorities that it trusts.
final class AnswerSignatureNegotiation: ExchangeTask {
  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    session.initial.peerHashes = message.payloads.signatureHashes
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    let policies = context.directory.responderPolicies(uplink: session.path.uplink, remote: session.path.remote.address)
    let anchors = policies.first?.trustAnchors ?? []
    let request = CertificateRequestPayload(keyHashes: anchors.flatMap(context.credentials.trust.authorityKeyHashes))
    return (session.initial.peerHashes == nil ? [] : [.notify(.signatureHashes)])
      + (request.map { [.certificateRequest($0)] } ?? [])
  }
}

extension NotifyPayload {
  /// SIGNATURE_HASH_ALGORITHMS with all that Fabric accepts.
  static var signatureHashes: NotifyPayload {
    var writer = ByteWriter(capacity: 8)
    for hash in SignatureHash.allCases { writer.write(hash.rawValue) }
    return NotifyPayload(.signatureHashAlgorithms, data: writer.bytes)
  }
}

extension [Payload] {
  /// The hashes of a SIGNATURE_HASH_ALGORITHMS that Fabric knows; nil where the peer does not speak RFC 7427.
  fileprivate var signatureHashes: Set<SignatureHash>? {
    guard let notify = notify(.signatureHashAlgorithms) else { return nil }
    var reader = ByteReader(notify.data)
    var hashes: Set<SignatureHash> = []
    while let number = try? reader.readUInt16() {
      if let hash = SignatureHash(rawValue: number) { hashes.insert(hash) }
    }
    return hashes
  }
}
