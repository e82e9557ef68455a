import FabricCrypto
import IKE

// The names of the IANA registry "Internet Key Exchange Version 2 (IKEv2) Parameters", with key lengths.

extension EncryptionAlgorithm {
  /// `AES_GCM_16_256`.
  var registryName: String {
    switch self {
    case .aes128CBC, .aes256CBC: "AES_CBC_\(keyLength * 8)"
    case .aes128GCM16, .aes256GCM16: "AES_GCM_16_\(keyLength * 8)"
    case .chaCha20Poly1305: "CHACHA20_POLY1305"
    }
  }
}

extension IntegrityAlgorithm {
  /// `HMAC_SHA2_256_128`.
  var registryName: String {
    switch self {
    case .hmacSHA256_128: "HMAC_SHA2_256_128"
    case .hmacSHA384_192: "HMAC_SHA2_384_192"
    case .hmacSHA512_256: "HMAC_SHA2_512_256"
    }
  }
}

extension PseudorandomFunction {
  /// `PRF_HMAC_SHA2_384`.
  var registryName: String { "PRF_HMAC_SHA2_\(outputLength * 8)" }
}

extension KeyExchangeMethod {
  /// `ECP_384`.
  var registryName: String {
    switch self {
    case .modp2048: "MODP_2048"
    case .modp3072: "MODP_3072"
    case .modp4096: "MODP_4096"
    case .modp6144: "MODP_6144"
    case .modp8192: "MODP_8192"
    case .ecp256: "ECP_256"
    case .ecp384: "ECP_384"
    case .ecp521: "ECP_521"
    case .curve25519: "CURVE_25519"
    case .curve448: "CURVE_448"
    case .mlkem768: "ML_KEM_768"
    case .mlkem1024: "ML_KEM_1024"
    }
  }
}

extension ProtectionSuite {
  fileprivate var registryNames: [String] {
    [encryption.registryName] + (integrity.map { [$0.registryName] } ?? [])
  }
}

extension IKESuite {
  /// `AES_GCM_16_256/PRF_HMAC_SHA2_384/ECP_384/ML_KEM_768`.
  var registryName: String {
    let exchanges = [keyExchange] + additionalKeyExchanges
    return (protection.registryNames + [pseudorandomFunction.registryName] + exchanges.map(\.registryName))
      .joined(separator: "/")
  }
}

extension IKESASummary {
  /// The suite, and behind it `PPK` where a post-quantum preshared key is mixed in (RFC 8784).
  var suiteName: String { suite.registryName + (hasPostQuantumPresharedKey ? "/PPK" : "") }
}

extension ESPSuite {
  /// `AES_GCM_16_256/ECP_384/ESN`.
  var registryName: String {
    let names =
      protection.registryNames + ([keyExchange].compactMap(\.self) + additionalKeyExchanges).map(\.registryName)
      + (usesExtendedSequenceNumbers ? ["ESN"] : [])
    return names.joined(separator: "/")
  }
}
