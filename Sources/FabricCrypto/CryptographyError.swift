/// Why a cryptographic operation could not be done.
public enum CryptographyError: Error, Equatable, Sendable {
  /// A key has another length than its algorithm needs; both in bytes.
  case wrongKeyLength(expected: Int, actual: Int)
  /// A buffer of a packet has a length that the suite cannot work on; `field` names it.
  case wrongLength(field: String)
  /// A peer's public value is of the wrong length, not in the group, or leads to a forbidden shared secret
  /// (RFC 6989 section 2, RFC 8031 section 5).
  case invalidPublicValue(KeyExchangeMethod)
  /// More keying material was asked for than prf+ defines: 255 times the output (RFC 7296 section 2.13).
  case tooMuchKeyingMaterial(requested: Int, available: Int)
  /// Bytes are no key, or a key that Fabric does not sign with or accept signatures of.
  case unusableKey
  /// The key is of another kind than the algorithm needs.
  case wrongSignatureAlgorithm(SignatureAlgorithm)
  /// A library refused an operation that must not fail; `operation` names it.
  case library(operation: String)
}

/// Turns OpenSSL's "1 is success" into a throw.
func check(_ result: Int32, _ operation: String) throws(CryptographyError) {
  guard result > 0 else { throw .library(operation: operation) }
}

/// Turns OpenSSL's "NULL is failure" into a throw.
func check<Value>(_ result: Value?, _ operation: String) throws(CryptographyError) -> Value {
  guard let result else { throw .library(operation: operation) }
  return result
}
