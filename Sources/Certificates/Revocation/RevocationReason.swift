import SwiftASN1
import X509

/// The reason code of an entry of a revocation list (RFC 5280 section 5.3.1).
enum RevocationReason {
  /// CRLReason superseded (4), an ENUMERATED: the holder has another certificate.
  static let superseded = Certificate.Extension(oid: [2, 5, 29, 21], critical: false, value: [0x0A, 1, 4])
}
