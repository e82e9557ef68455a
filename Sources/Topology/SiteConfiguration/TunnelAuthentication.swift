import Foundation

/// How the two ends of a tunnel prove who they are.
public enum TunnelAuthentication: Codable, Equatable, Sendable {
  /// Both hold the pair's key.
  case presharedKey(PresharedKey)
  /// Both show certificates, which these have issued.
  case certificate(Authorities)

  /// Whose certificates the peer may show.
  public enum Authorities: Codable, Equatable, Sendable {
    /// Those of the network's own authority, which is the controller's.
    case network
    /// Those of a third party's authorities: their certificates in DER.
    case thirdParty([Data])
  }

  /// The pair's key, where it authenticates so.
  public var presharedKey: PresharedKey? {
    if case .presharedKey(let key) = self { key } else { nil }
  }
}

/// A pre-shared key on its way from the controller to the two gateways that share it: raw bytes, base64 when encoded.
///
/// It has no `description`, so that no log can print it (DESIGN.md section 5, invariant 9).
public struct PresharedKey: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The key itself.
  public let bytes: [UInt8]

  /// Wraps key bytes.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Says that a key is there, not what it is.
  public var description: String { "(pre-shared key)" }
  /// Says that a key is there, not what it is.
  public var debugDescription: String { description }
  /// Keeps `dump` from walking into the bytes.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension PresharedKey: Codable {
  /// Decodes base64.
  public init(from decoder: any Decoder) throws {
    self.init(bytes: [UInt8](try decoder.singleValueContainer().decode(Data.self)))
  }

  /// Encodes base64.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Data(bytes))
  }
}
