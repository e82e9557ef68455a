// strongswan.conf and swanctl.conf.

extension StrongSwan {
  /// `strongswan.conf`. Its own ESP, kernel-libipsec, comes before the kernel's, which still routes. Its fragments
  /// (RFC 7383) are so small that every IKE_AUTH takes several.
  static func settings(kernelESP: Bool) -> String {
    """
    charon {
      load = random nonce aes sha1 sha2 hmac kdf gcm openssl pem pkcs1 pkcs8 x509 pubkey \
    \(kernelESP ? "" : "kernel-libipsec") kernel-netlink socket-default vici
      install_routes = yes
      fragment_size = 250
      retransmit_timeout = 1.0
      retransmit_tries = 4
      filelog {
        stderr { default = 1  ike = 2  cfg = 2 }
      }
    }
    """
  }
}

extension PeerConnection {
  /// The file for `swanctl --load-all`. strongSwan's own ESP knows no other way than UDP.
  func swanctl(named name: String, kernelESP: Bool) -> String {
    """
    connections {
      \(name) {
        version = 2
        local_addrs = \(localAddress)
        remote_addrs = \(remoteAddress ?? "%any")
        proposals = \(suite.ike.strongSwan)-prfsha256-\(suite.group)
        encap = \(kernelESP ? "no" : "yes")
        keyingtries = 0
        dpd_delay = 5s
        local { \(localAuthentication(named: name))
                id = \(localIdentity) }
        remote { \(remoteAuthentication)
                 id = \(remoteIdentity) }\(postQuantumSettings)
        children {
          lan {
            local_ts = \(localNetwork)
            remote_ts = \(remoteNetwork)
            esp_proposals = \(suite.esp.strongSwan)-\(suite.group)\(suite.esn ? "-esn" : "")
            start_action = \(initiates ? "start" : "none")
          }
        }
      }
    }
    secrets {
      ike-\(name) { id-local = \(localIdentity)
                   id-remote = \(remoteIdentity)
                   secret = 0x\(presharedKey) }
      \(postQuantumKey.map { "ppk-\(name) { id = \($0.identity)\n secret = \"\($0.key)\" }" } ?? "")
    }
    """
  }

  /// Without being told so, strongSwan signs by RSA with PKCS #1 v1.5.
  private func localAuthentication(named name: String) -> String {
    guard let certificate else { return "auth = psk" }
    let method = certificate.kind == .rsa ? "rsa/pss-sha256" : "pubkey"
    return "auth = \(method)\n certs = /run/shared/own\(name.dropFirst("fabric".count)).pem"
  }

  private var remoteAuthentication: String {
    certificate == nil ? "auth = psk" : "auth = pubkey\n cacerts = /run/shared/authority.pem"
  }

  private var postQuantumSettings: String {
    postQuantumKey.map { "\n    ppk_id = \($0.identity)\n    ppk_required = yes" } ?? ""
  }
}

extension Suite.Cipher {
  fileprivate var strongSwan: String {
    [algorithms.encryption, algorithms.integrity].compactMap(\.self).joined(separator: "-")
  }
}
