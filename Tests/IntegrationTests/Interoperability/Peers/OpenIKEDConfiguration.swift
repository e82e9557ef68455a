// iked.conf(5).

extension OpenIKED {
  static let settings = """
    set dpd_check_interval 5
    set fragmentation

    """
}

extension PeerConnection {
  /// A policy of `iked.conf`.
  func ikedPolicy(named name: String) -> String {
    """
    ikev2 "\(name)" \(initiates ? "active" : "passive") esp from \(localNetwork) to \(remoteNetwork) \
    local \(localAddress) peer \(remoteAddress ?? "any") \
    ikesa \(suite.ike.iked) prf hmac-sha2-256 group \(suite.group.iked) \
    childsa \(suite.esp.iked) group \(suite.group.iked) \(suite.esn ? "esn" : "noesn") \
    srcid \(localIdentity) dstid \(remoteIdentity) \
    \(lifetime.map { "ikelifetime \($0 * 3 / 2) lifetime \($0) " } ?? "")\
    \(certificate == nil ? "psk \"0x\(presharedKey)\"" : "rfc7427")

    """
  }
}

extension Suite.Cipher {
  fileprivate var iked: String {
    switch self {
    case .aes256gcm16: "enc aes-256-gcm"
    case .chacha20poly1305: "enc chacha20-poly1305"
    case .aes256sha256: "enc aes-256 auth hmac-sha2-256"
    case .aes256sha512: "enc aes-256 auth hmac-sha2-512"
    case .aes128sha256: "enc aes-128 auth hmac-sha2-256"
    }
  }
}

extension Suite.Group {
  fileprivate var iked: String { self == .x25519 ? "curve25519" : rawValue }
}
