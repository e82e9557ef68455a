/// What OpenSSL and the wire need to know of each group.
extension KeyExchangeMethod {
  /// Whether the method encapsulates a secret for the initiator's key instead of combining two keys: then the two KE
  /// payloads differ in kind, and only the initiator's carries a public key.
  public var isKeyEncapsulation: Bool { keyType == nil }

  /// Bytes of a public value in the KE payload, for key encapsulation the initiator's.
  public var publicValueLength: Int {
    switch self {
    case .modp2048: 256
    case .modp3072: 384
    case .modp4096: 512
    case .modp6144: 768
    case .modp8192: 1024
    // RFC 5903 section 7: two coordinates of the field's length.
    case .ecp256: 64
    case .ecp384: 96
    case .ecp521: 132
    case .curve25519: 32
    case .curve448: 56
    // FIPS 203 section 8: encapsulation keys.
    case .mlkem768: 1184
    case .mlkem1024: 1568
    }
  }

  /// Bytes of the responder's KE payload: a public value, or a cipher text (FIPS 203 section 8).
  public var answerLength: Int { self == .mlkem768 ? 1088 : publicValueLength }

  /// Bytes of the shared secret of a Diffie-Hellman group: as long as a MODP public value, one coordinate on a curve.
  var sharedSecretLength: Int { isPrimeCurve ? publicValueLength / 2 : publicValueLength }

  /// OpenSSL's name of the kind of key; nil for key encapsulation, which OpenSSL 3.0 does not have.
  var keyType: String? {
    switch self {
    case .modp2048, .modp3072, .modp4096, .modp6144, .modp8192: "DH"
    case .ecp256, .ecp384, .ecp521: "EC"
    case .curve25519: "X25519"
    case .curve448: "X448"
    case .mlkem768, .mlkem1024: nil
    }
  }

  /// OpenSSL's name of the group within its kind.
  var groupName: String? {
    switch self {
    case .modp2048: "modp_2048"
    case .modp3072: "modp_3072"
    case .modp4096: "modp_4096"
    case .modp6144: "modp_6144"
    case .modp8192: "modp_8192"
    case .ecp256: "P-256"
    case .ecp384: "P-384"
    case .ecp521: "P-521"
    case .curve25519, .curve448, .mlkem768, .mlkem1024: nil
    }
  }

  /// The "uncompressed point" octet that OpenSSL writes before x ‖ y and the KE payload leaves out.
  var encodingPrefix: [UInt8] { isPrimeCurve ? [4] : [] }

  var isModular: Bool { keyType == "DH" }
  private var isPrimeCurve: Bool { keyType == "EC" }
}
