import Crypto
import FoundationEssentials

/// A decapsulation key of ML-KEM (FIPS 203), swift-crypto's.
enum MLKEMKey: Sendable {
  case mlkem768(MLKEM768.PrivateKey)
  case mlkem1024(MLKEM1024.PrivateKey)

  /// Generates a key.
  init(_ method: KeyExchangeMethod) throws(CryptographyError) {
    do {
      self = method == .mlkem768 ? .mlkem768(try .generate()) : .mlkem1024(try .generate())
    } catch {
      throw .library(operation: "generate an ML-KEM key")
    }
  }

  /// What goes to the peer.
  var encapsulationKey: [UInt8] {
    switch self {
    case .mlkem768(let key): Array(key.publicKey.rawRepresentation)
    case .mlkem1024(let key): Array(key.publicKey.rawRepresentation)
    }
  }

  /// The secret in a cipher text.
  func decapsulate(_ cipherText: [UInt8]) throws(CryptographyError) -> SecretBytes {
    do {
      switch self {
      case .mlkem768(let key): return secret(try key.decapsulate(cipherText))
      case .mlkem1024(let key): return secret(try key.decapsulate(cipherText))
      }
    } catch {
      throw .invalidPublicValue(method)
    }
  }

  /// A fresh secret and its cipher text for a peer's encapsulation key.
  static func encapsulate(
    _ method: KeyExchangeMethod, to encapsulationKey: [UInt8]
  ) throws(CryptographyError) -> (cipherText: [UInt8], secret: SecretBytes) {
    do {
      let result =
        method == .mlkem768
        ? try MLKEM768.PublicKey(rawRepresentation: encapsulationKey).encapsulate()
        : try MLKEM1024.PublicKey(rawRepresentation: encapsulationKey).encapsulate()
      return (Array(result.encapsulated), secret(result.sharedSecret))
    } catch {
      throw .invalidPublicValue(method)
    }
  }

  private var method: KeyExchangeMethod {
    switch self {
    case .mlkem768: .mlkem768
    case .mlkem1024: .mlkem1024
    }
  }
}

/// The bytes of swift-crypto's key, which it wipes itself.
private func secret(_ key: SymmetricKey) -> SecretBytes { key.withUnsafeBytes { SecretBytes($0) } }
