import FabricCrypto
import Foundation

/// What the gateway proves its identities with.
public struct SiteCredentials: Codable, Equatable, Sendable {
  /// The key, PKCS #8 in DER.
  public var key: SecretBytes
  /// The certificate of the key, in DER.
  public var certificate: [UInt8]
  /// The certificate of the authority that has issued it.
  public var authority: [UInt8]
  /// What that authority has taken back.
  public var revocationList: [UInt8]
}

/// What of its credentials the gateway has so far: a key, then an authority, then a certificate.
struct KeptCredentials: Codable, Equatable, Sendable {
  var key: SecretBytes?
  var authority: Data?
  var revocationList: Data?
  var certificate: Data?
}
