/// The Protocol ID of proposals, notifies and deletes (RFC 7296 section 3.3.1).
enum SecurityProtocol: UInt8 {
  /// The IKE SA.
  case ike = 1
  /// An AH SA, which Fabric does not speak.
  case ah = 2
  /// An ESP SA.
  case esp = 3
}
