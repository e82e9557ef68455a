import FabricCrypto

/// The secret of quick crash detection and session resumption (RFC 6290, RFC 5723): 32 random bytes that are made once and
/// kept for good, so that a gateway that has lost its IKE SAs in a crash can tell its peers so, and read their tickets.
enum RecoverySecret {
  private static let length = 32

  /// The secret in a state directory, made now if there is none, or none that is whole.
  static func load(directory: String) throws -> SecretBytes {
    let path = directory + "/recovery-secret"
    if let bytes = try DurableFile.read(path), bytes.count == length {
      return SecretBytes(bytes)
    }
    let bytes = SystemRandom().randomBytes(length)
    try DurableFile.makeDirectory(directory)
    try DurableFile.write(bytes, to: path)
    return SecretBytes(bytes)
  }
}
