import WireFormat

/// Who an IKE peer says it is (RFC 7296 section 3.5), and what its preshared key is bound to.
public enum IKEIdentity: Hashable, Sendable, Codable {
  /// ID_FQDN: a fully qualified domain name, such as `dsl.berlin.acme-wan`, without a final dot.
  case fqdn(String)
  /// ID_RFC822_ADDR: an e-mail address.
  case email(String)
  /// ID_IPV4_ADDR or ID_IPV6_ADDR.
  case address(IPAddress)
  /// ID_KEY_ID: bytes whose meaning is known to the two ends alone.
  case keyID([UInt8])
}

extension IKEIdentity: CustomStringConvertible {
  /// The identity as an engineer would write it; a key id in hexadecimal behind `keyid:`.
  public var description: String {
    switch self {
    case .fqdn(let name): name
    case .email(let name): name
    case .address(let address): address.description
    case .keyID(let bytes): "keyid:" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
