/// The IKE daemon of a third party: the few things that a test asks of any of them.
protocol Peer: Sendable {
  /// Where it runs.
  var machine: any PeerMachine { get }
  /// Configures and starts the daemon, and returns once it listens.
  init(on machine: any PeerMachine, _ connections: [PeerConnection]) throws
  /// Whether every connection has its Child SA.
  var isEstablished: Bool { get }
  /// Opens the first connection from this end.
  func initiate() throws
  /// Replaces the keys of the first connection from this end.
  func rekeyChild() throws
  func rekeyIKE() throws
  /// Closes the first connection with a DELETE.
  func terminate() throws
  /// Ends the daemon without a word to anyone, and with it its SAs.
  func crash() throws
}

/// What a third party's gateway is told of its link with Fabric.
struct PeerConnection: Sendable {
  var localAddress: String
  /// Fabric's address; nil where it calls from behind a NAT.
  var remoteAddress: String?
  var localIdentity, remoteIdentity: String
  var localNetwork, remoteNetwork: String
  /// Hexadecimal.
  var presharedKey: String
  /// What this end proves its identity with instead; nil where both hold the preshared key.
  var certificate: PartnerCertificate?
  var suite: Suite
  /// Whether this end opens the conversation.
  var initiates: Bool
  /// Seconds after which this end replaces the Child SA and the IKE SA; nil for its own, much longer ones.
  var lifetime: Int?
}

extension PeerConnection {
  /// A partner's side of its link with the hub.
  init(_ partner: ThirdParties.Partner) {
    self.init(
      localAddress: partner.address, remoteAddress: partner.hubIsBehindNAT ? nil : ThirdParties.hubAddress,
      localIdentity: partner.identity, remoteIdentity: ThirdParties.hubIdentity, localNetwork: partner.network,
      remoteNetwork: ThirdParties.hubNetwork, presharedKey: partner.presharedKey, certificate: partner.certificate,
      suite: partner.suite, initiates: partner.isBehindNAT)
  }

  /// The post-quantum preshared key and its identity (RFC 8784); nil where there is none.
  var postQuantumKey: (identity: String, key: String)? {
    suite.hasPostQuantumKey ? (ThirdParties.postQuantumIdentity, presharedKey) : nil
  }
}

/// The cryptography that a partner insists on.
struct Suite: Hashable, Sendable, CustomStringConvertible {
  /// A cipher, with its integrity where it is no AEAD.
  enum Cipher: String, CaseIterable, Sendable {
    case aes256gcm16, aes256sha256, aes256sha512, aes128sha256, chacha20poly1305

    /// The two algorithms by their names in topology files.
    var algorithms: (encryption: String, integrity: String?) {
      switch self {
      case .aes256gcm16, .chacha20poly1305: (rawValue, nil)
      case .aes256sha256: ("aes256", "sha256")
      case .aes256sha512: ("aes256", "sha512")
      case .aes128sha256: ("aes128", "sha256")
      }
    }
  }
  enum Group: String, CaseIterable, Sendable { case modp2048, modp3072, ecp256, ecp384, x25519 }

  /// How an end proves its identity: by the key that both hold, or one of this kind and its certificate.
  enum Authentication: String, Sendable {
    case psk = "PSK"
    case rsa = "RSA-PSS"
    case rsaPKCS1 = "RSA PKCS #1 v1.5"
    case ecdsa = "ECDSA"
    case ed25519 = "Ed25519"
  }

  /// Phase 1's and Phase 2's.
  var ike, esp: Cipher
  /// For both phases.
  var group: Group
  /// Whether 64-bit sequence numbers are offered.
  var esn: Bool
  /// How the partner proves its identity.
  var authentication: Authentication
  /// Whether a post-quantum preshared key is mixed in (RFC 8784).
  var hasPostQuantumKey: Bool

  init(
    _ ike: Cipher = .aes256gcm16, esp: Cipher? = nil, group: Group = .ecp256, esn: Bool = false,
    authentication: Authentication = .psk, hasPostQuantumKey: Bool = false
  ) {
    self.ike = ike
    self.esp = esp ?? ike
    self.group = group
    self.esn = esn
    self.authentication = authentication
    self.hasPostQuantumKey = hasPostQuantumKey
  }

  /// A name that a profile of a topology may have.
  var description: String {
    let names = ["\(ike)", esp == ike ? nil : "\(esp)", "\(group)", esn ? "esn" : nil]
    let proofs = [authentication == .psk ? nil : "\(authentication)".lowercased(), hasPostQuantumKey ? "ppk" : nil]
    return (names + proofs).compactMap(\.self).joined(separator: "-")
  }
}
