import FabricCrypto

/// AUTH as it was signed before RFC 7427: by RSA with PKCS #1 v1.5 (RFC 7296 section 3.8) or ECDSA (RFC 4754).
///
/// SHA-1, which those RFCs had in mind for RSA, is neither made nor accepted (RFC 8247 section 3).
struct ClassicSignature {
  let method: UInt8
  let value: [UInt8]

  /// The method and the algorithms that go with a kind of key, the one to sign with first; nil for newer kinds of keys.
  private struct Scheme {
    let method: UInt8
    let algorithms: [SignatureAlgorithm]
    /// Bytes of each half of an ECDSA signature (RFC 4754 section 7); nil for RSA.
    let scalarLength: Int?

    init?(_ kind: SignatureKeyKind) {
      switch kind {
      case .rsa: self.init(1, [.rsaPKCS1(.sha256), .rsaPKCS1(.sha384), .rsaPKCS1(.sha512)], nil)
      case .ecdsaP256: self.init(9, [.ecdsa(.sha256)], 32)
      case .ecdsaP384: self.init(10, [.ecdsa(.sha384)], 48)
      case .ecdsaP521: self.init(11, [.ecdsa(.sha512)], 66)
      case .ed25519: return nil
      }
    }

    private init(_ method: UInt8, _ algorithms: [SignatureAlgorithm], _ scalarLength: Int?) {
      self.method = method
      self.algorithms = algorithms
      self.scalarLength = scalarLength
    }
  }

  /// Signs `octets`.
  init(_ octets: SignedOctets, by key: SigningKey) throws(AuthenticationFault) {
    guard let scheme = Scheme(key.verificationKey.kind), let algorithm = scheme.algorithms.first else {
      throw AuthenticationFault("the peer does not speak RFC 7427, which our kind of key needs")
    }
    do {
      let signature = try key.sign(octets.bytes, by: algorithm)
      value = scheme.scalarLength.map { ECDSASignatureValue(der: signature).scalars(of: $0) } ?? signature
    } catch {
      throw AuthenticationFault("our key does not sign: \(error)")
    }
    method = scheme.method
  }

  /// Takes what an AUTH payload brings.
  init(_ payload: AuthenticationPayload) {
    method = payload.method
    value = payload.data
  }

  /// The payload to send.
  var payload: AuthenticationPayload { AuthenticationPayload(method: method, data: value) }

  /// The algorithm by which this is the signature of the holder of `key` over `octets`; nil if it is none.
  func algorithm(over octets: SignedOctets, key: VerificationKey) -> SignatureAlgorithm? {
    guard let scheme = Scheme(key.kind), scheme.method == method else { return nil }
    var signature = value
    if let length = scheme.scalarLength {
      guard value.count == 2 * length else { return nil }
      signature = ECDSASignatureValue(scalars: value).der
    }
    // The hash is named inside an RSA signature alone, where no library tells it beforehand.
    return scheme.algorithms.first { key.isValid(signature, of: octets.bytes, by: $0) }
  }
}

/// An ECDSA signature's two numbers, which RFC 4754 writes one behind the other and X.509 in DER (RFC 3279 section 2.2.3).
struct ECDSASignatureValue {
  private let r: [UInt8]
  private let s: [UInt8]

  /// Two numbers of the same length.
  init(scalars: [UInt8]) {
    r = Array(scalars.prefix(scalars.count / 2))
    s = Array(scalars.suffix(scalars.count / 2))
  }

  /// Reads DER of our own making: a SEQUENCE of two INTEGERs.
  init(der: [UInt8]) {
    // Only the longest, of P-521, needs a second byte for the length of the whole.
    var rest = der.dropFirst(der.dropFirst().first == 0x81 ? 3 : 2)
    func integer() -> [UInt8] {
      let length = Int(rest.dropFirst().first ?? 0)
      defer { rest = rest.dropFirst(2 + length) }
      return Array(rest.dropFirst(2).prefix(length))
    }
    r = integer()
    s = integer()
  }

  /// Both numbers with `length` bytes each.
  func scalars(of length: Int) -> [UInt8] {
    [r, s].flatMap { number in
      let digits = number.drop { $0 == 0 }
      return Array(repeating: 0, count: max(0, length - digits.count)) + digits
    }
  }

  /// SEQUENCE { INTEGER r, INTEGER s }.
  var der: [UInt8] {
    let integers = [r, s].flatMap { number -> [UInt8] in
      let digits = number.drop { $0 == 0 }
      // INTEGER has a sign: a zero goes in front of a number that would look negative.
      let content = (digits.first.map { $0 & 0x80 == 0 } ?? false ? [] : [0]) + digits
      return [0x02, UInt8(content.count)] + content
    }
    return [0x30] + (integers.count < 0x80 ? [] : [0x81]) + [UInt8(integers.count)] + integers
  }
}
