import SwiftASN1
import WireFormat
import X509

/// What a certificate says of its holder: a name in its subjectAltName (RFC 4945 section 3.1). The subject's common name
/// counts for nothing.
public enum CertifiedIdentity: Hashable, Codable, Sendable {
  /// A fully qualified domain name: dNSName.
  case fqdn(String)
  /// An e-mail address: rfc822Name.
  case email(String)
  /// An IPv4 or IPv6 address: iPAddress.
  case address(IPAddress)

  /// Reads an identity as topology files write it: an address, an e-mail address, or a name.
  public init(_ text: String) {
    if let address = IPAddress(text) {
      self = .address(address)
    } else {
      self = text.contains("@") ? .email(text) : .fqdn(text)
    }
  }

  init?(_ name: GeneralName) {
    switch name {
    case .dnsName(let name): self = .fqdn(name)
    case .rfc822Name(let name): self = .email(name)
    case .ipAddress(let bytes):
      guard let address = IPAddress(bytes: bytes.bytes) else { return nil }
      self = .address(address)
    default: return nil
    }
  }

  var generalName: GeneralName {
    switch self {
    case .fqdn(let name): .dnsName(name)
    case .email(let name): .rfc822Name(name)
    case .address(let address): .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
    }
  }

  /// Whether both mean the same. Names are compared without regard to case, and there are no wildcards.
  func matches(_ other: CertifiedIdentity) -> Bool {
    switch (self, other) {
    case (.fqdn(let one), .fqdn(let other)), (.email(let one), .email(let other)):
      one.utf8.elementsEqual(other.utf8) { $0.lowercased == $1.lowercased }
    case (.address(let one), .address(let other)): one == other
    default: false
    }
  }
}

extension UInt8 {
  fileprivate var lowercased: UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self }
}

extension CertifiedIdentity: CustomStringConvertible {
  /// The identity as an engineer would write it.
  public var description: String {
    switch self {
    case .fqdn(let name), .email(let name): name
    case .address(let address): address.description
    }
  }
}
