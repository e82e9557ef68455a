import FabricCrypto
import WireFormat

/// AUTH of the Digital Signature method (RFC 7427 section 3).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | ASN.1 Length  | AlgorithmIdentifier ASN.1 object              |
/// +-+-+-+-+-+-+-+-+                                               |
/// ~        AlgorithmIdentifier ASN.1 object continuing            ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                         Signature Value                       ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct DigitalSignature {
  let algorithm: SignatureAlgorithm
  let value: [UInt8]

  /// Signs `octets`; throws where the key knows no algorithm with a hash that the peer has announced (RFC 7427 section 4).
  init(_ octets: SignedOctets, by key: SigningKey, peerHashes: Set<SignatureHash>) throws(AuthenticationFault) {
    guard let algorithm = key.verificationKey.kind.algorithm(forPeerHashes: peerHashes) else {
      throw AuthenticationFault("the peer accepts no hash that our key can sign with")
    }
    do {
      value = try key.sign(octets.bytes, by: algorithm)
    } catch {
      throw AuthenticationFault("our key does not sign: \(error)")
    }
    self.algorithm = algorithm
  }

  /// Reads the authentication data of an AUTH payload.
  init(_ payload: AuthenticationPayload) throws(AuthenticationFault) {
    var reader = ByteReader(payload.data)
    guard payload.method == AuthenticationPayload.digitalSignature, let length = try? reader.readUInt8(),
      var identifier = try? reader.subreader(Int(length)),
      let algorithm = SignatureAlgorithm(algorithmIdentifier: Array(identifier.readRemaining()))
    else { throw AuthenticationFault("it signs by an algorithm that Fabric does not accept") }
    self.algorithm = algorithm
    value = Array(reader.readRemaining())
  }

  /// The payload to send.
  var payload: AuthenticationPayload {
    let identifier = algorithm.algorithmIdentifier
    let data = [UInt8(identifier.count)] + identifier + value
    return AuthenticationPayload(method: AuthenticationPayload.digitalSignature, data: data)
  }

  /// Whether this is the signature of the holder of `key` over `octets`.
  func isValid(for octets: SignedOctets, key: VerificationKey) -> Bool {
    key.isValid(value, of: octets.bytes, by: algorithm)
  }
}
