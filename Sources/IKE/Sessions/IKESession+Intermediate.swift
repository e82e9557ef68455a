import FabricCrypto

/// IKE_INTERMEDIATE: what happens between IKE_SA_INIT and IKE_AUTH, under keys whose peer is not authenticated yet
/// (RFC 9242).
extension IKESession {
  /// RFC 9242 section 3.3.2: AUTH covers every message of an IKE_INTERMEDIATE exchange.
  func noteIntermediate(_ header: IKEHeader, _ contents: ProtectedContents) {
    guard header.exchangeType == .intermediate, let sa else { return }
    initial.intermediate.add(header, contents, protectedBy: sa)
  }

  /// The keys that an additional key exchange has brought take effect behind the message that completes it
  /// (RFC 9370 section 2.2.3).
  func takeUpNextKeys() {
    guard let next = nextSA else { return }
    sa = next
    nextSA = nil
  }

  /// Mixes the secret of an additional key exchange into the keys (RFC 9370 section 2.2.3):
  ///
  ///     SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr)
  ///
  /// which is how RFC 7296 section 2.18 derives the keys of an IKE SA that replaces another.
  func mixIn(_ secret: SecretBytes, _ context: SessionContext) throws(CryptographyError) {
    guard let sa else { return }
    let parameters = IKESAParameters(
      suite: sa.suite, nonces: initial.nonces, initiatorSPI: initiatorSPI, responderSPI: responderSPI,
      isInitiator: isInitiator)
    nextSA = try sa.successor(parameters, SharedSecrets(first: secret), random: context.random)
  }
}
