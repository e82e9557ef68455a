import WireFormat

/// Why a message of the peer could not be read.
enum MessageError: Error, Equatable {
  /// A length or a field is not what the format allows: INVALID_SYNTAX.
  case malformed(WireFormatError)
  /// A payload with the critical bit whose type is not known: UNSUPPORTED_CRITICAL_PAYLOAD (RFC 7296 section 2.5).
  case unsupportedCriticalPayload(PayloadType)
  /// Not IKE version 2: INVALID_MAJOR_VERSION.
  case unsupportedVersion(major: UInt8)

  /// Wraps what a reader or a nested parser has thrown.
  init(_ error: any Error) {
    switch error {
    case let error as MessageError: self = error
    case let error as WireFormatError: self = .malformed(error)
    default: self = .malformed(.invalid(field: "message"))
    }
  }
}

extension MessageError: CustomStringConvertible {
  /// What is wrong, in words.
  var description: String {
    switch self {
    case .malformed(.truncated(let needed, let available)):
      "malformed message: \(needed) bytes wanted where \(available) are left"
    case .malformed(.invalid(let field)): "malformed message: invalid \(field)"
    case .unsupportedCriticalPayload(let type): "critical payload of unknown type \(type.rawValue)"
    case .unsupportedVersion(let major): "IKE version \(major)"
    }
  }
}
