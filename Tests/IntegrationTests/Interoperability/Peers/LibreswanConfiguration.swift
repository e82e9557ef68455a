// ipsec.conf(5) and ipsec.secrets(5).

extension Libreswan {
  static let setup = """
    config setup
      uniqueids=no
      ikev1-policy=drop

    """
}

extension PeerConnection {
  /// A connection of `ipsec.conf`. Fabric offers any traffic, of which libreswan takes its networks only when told to.
  func ipsecConf(named name: String) -> String {
    """
    conn \(name)
      ikev2=insist
      \(authentication)
      left=\(localAddress)
      leftid=@\(localIdentity)
      leftsubnet=\(localNetwork)
      right=\(remoteAddress ?? "%any")
      rightid=@\(remoteIdentity)
      rightsubnet=\(remoteNetwork)
      narrowing=\(initiates ? "no" : "yes")
      ike=\(suite.ike.libreswan)-sha2_256;\(suite.group.libreswan)
      esp=\(suite.esp.libreswanESP);\(suite.group.libreswan)
      esn=\(suite.esn ? "yes" : "no")
      dpddelay=5
      retransmit-timeout=10s
      mobike=yes
      ppk=\(postQuantumKey == nil ? "no" : "insist")
      auto=ignore

    """
  }

  private var authentication: String {
    guard let certificate else { return "authby=secret" }
    // For both ends; Fabric's key is of ECDSA.
    let method = certificate.kind == .rsa ? "rsa-sha2,ecdsa" : "ecdsa"
    return "authby=\(method)\n  leftcert=own\n  leftsendcert=always\n  rightca=%any"
  }

  /// The keys, in `ipsec.secrets`.
  var ipsecSecrets: String {
    let ends = "@\(localIdentity) @\(remoteIdentity)"
    let postQuantum = postQuantumKey.map { "\n\(ends) : PPKS \"\($0.identity)\" \"\($0.key)\"" } ?? ""
    return "\(ends) : PSK 0x\(presharedKey)\(postQuantum)\n"
  }
}

extension Suite.Cipher {
  /// For IKE, where the PRF's hash is named after it and stands for the integrity too.
  fileprivate var libreswan: String {
    switch self {
    case .aes256gcm16: "aes_gcm256"
    case .chacha20poly1305: "chacha20_poly1305"
    case .aes256sha256, .aes256sha512: "aes256"
    case .aes128sha256: "aes128"
    }
  }

  fileprivate var libreswanESP: String {
    switch self {
    case .aes256gcm16, .chacha20poly1305: libreswan
    case .aes256sha256, .aes128sha256: libreswan + "-sha2_256"
    case .aes256sha512: libreswan + "-sha2_512"
    }
  }
}

extension Suite.Group {
  fileprivate var libreswan: String {
    switch self {
    case .modp2048, .modp3072: rawValue
    case .ecp256: "dh19"
    case .ecp384: "dh20"
    case .x25519: "dh31"
    }
  }
}
