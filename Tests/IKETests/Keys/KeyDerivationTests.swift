import FabricCrypto
import Testing
import WireFormat

@testable import IKE

@Suite("Keys, against the figures of another implementation")
struct KeyDerivationTests {
  private typealias Log = StrongSwanTranscript
  private let suite: IKESuite
  private let nonces = Nonces(initiator: Log.initiatorNonce, responder: Log.responderNonce)

  init() throws {
    suite = IKESuite(
      protection: try #require(ProtectionSuite(.aes256CBC, .hmacSHA256_128)), pseudorandomFunction: .hmacSHA256,
      keyExchange: .ecp256)
  }

  private func keys() throws -> IKEKeys {
    let request = try ReceivedMessage(Log.request)
    let response = try ReceivedMessage(Log.response)
    let seed = IKEKeys.seed(
      suite.pseudorandomFunction, nonces: nonces, sharedSecret: SecretBytes(Log.sharedSecret))
    #expect(seed == SecretBytes(Log.seed))
    return try IKEKeys(
      suite: suite, seed: seed, nonces: nonces, initiatorSPI: request.header.initiatorSPI,
      responderSPI: response.header.responderSPI)
  }

  @Test("SKEYSEED and all SK_ keys of RFC 7296 section 2.14")
  func ikeKeys() throws {
    let keys = try keys()
    #expect(keys.derivation == SecretBytes(Log.derivation))
    #expect(keys.initiator.integrity == SecretBytes(Log.initiatorIntegrity))
    #expect(keys.responder.integrity == SecretBytes(Log.responderIntegrity))
    #expect(keys.initiator.encryption == SecretBytes(Log.initiatorEncryption))
    #expect(keys.responder.encryption == SecretBytes(Log.responderEncryption))
    #expect(keys.initiatorAuthentication == SecretBytes(Log.initiatorAuthenticationKey))
    #expect(keys.responderAuthentication == SecretBytes(Log.responderAuthenticationKey))
  }

  @Test("both AUTH payloads of RFC 7296 section 2.15, and none other")
  func authentication() throws {
    let keys = try keys()
    let key = SecretBytes(Array(Log.presharedKey.utf8))
    let request = SignedOctets(
      pseudorandomFunction: .hmacSHA256, message: Log.request, peerNonce: Log.responderNonce,
      authenticationKey: keys.initiatorAuthentication, identification: IdentificationPayload(.fqdn("fabric.test")),
      intermediate: [])
    let initiator = SharedKeyAuthentication(request, presharedKey: key)
    #expect(initiator.payload.data == Log.initiatorProof)
    let response = SignedOctets(
      pseudorandomFunction: .hmacSHA256, message: Log.response, peerNonce: Log.initiatorNonce,
      authenticationKey: keys.responderAuthentication, identification: IdentificationPayload(.fqdn("swan.test")),
      intermediate: [])
    #expect(SharedKeyAuthentication(response, presharedKey: key).payload.data == Log.responderProof)

    let method = AuthenticationPayload.sharedKey
    #expect(initiator.verify(AuthenticationPayload(method: method, data: Log.initiatorProof)))
    #expect(!initiator.verify(AuthenticationPayload(method: method, data: Log.responderProof)))
    #expect(!initiator.verify(AuthenticationPayload(method: 1, data: Log.initiatorProof)))
    #expect(!initiator.verify(AuthenticationPayload(method: method, data: [])))
    let other = SharedKeyAuthentication(request, presharedKey: SecretBytes(Array("secret-secret-secret-1235".utf8)))
    #expect(!other.verify(AuthenticationPayload(method: method, data: Log.initiatorProof)))
  }

  @Test("KEYMAT of RFC 7296 section 2.17 for the first Child SA")
  func firstChild() throws {
    let child = try ChildKeys(
      .hmacSHA256, derivation: try keys().derivation, secrets: SharedSecrets(first: nil), nonces: nonces,
      protection: suite.protection)
    #expect(child.initiator.encryption == SecretBytes(Log.childInitiatorEncryption))
    #expect(child.initiator.integrity == SecretBytes(Log.childInitiatorIntegrity))
    #expect(child.responder.encryption == SecretBytes(Log.childResponderEncryption))
    #expect(child.responder.integrity == SecretBytes(Log.childResponderIntegrity))
  }

  @Test("KEYMAT of RFC 7296 section 2.17 for a rekey with PFS")
  func rekeyedChild() throws {
    let child = try ChildKeys(
      .hmacSHA256, derivation: try keys().derivation, secrets: SharedSecrets(first: SecretBytes(Log.rekeySharedSecret)),
      nonces: Nonces(initiator: Log.rekeyInitiatorNonce, responder: Log.rekeyResponderNonce),
      protection: suite.protection)
    #expect(child.initiator.encryption == SecretBytes(Log.rekeyInitiatorEncryption))
    #expect(child.initiator.integrity == SecretBytes(Log.rekeyInitiatorIntegrity))
    #expect(child.responder.encryption == SecretBytes(Log.rekeyResponderEncryption))
    #expect(child.responder.integrity == SecretBytes(Log.rekeyResponderIntegrity))
  }

  @Test("the salt of an AEAD comes out of the keying material behind its key, and there is no integrity key")
  func salt() throws {
    let child = try ChildKeys(
      .hmacSHA256, derivation: try keys().derivation, secrets: SharedSecrets(first: nil), nonces: nonces,
      protection: .aead(.aes256GCM16))
    #expect(child.initiator.encryption.count == 36)
    #expect(child.initiator.integrity == nil)
    // The same material cut at other places: 36 bytes for the initiator, 36 for the responder.
    let material = Log.childInitiatorEncryption + Log.childInitiatorIntegrity + Log.childResponderEncryption
    #expect(child.initiator.encryption == SecretBytes(material[..<36]))
    #expect(child.responder.encryption == SecretBytes(material[36..<72]))
  }
}
