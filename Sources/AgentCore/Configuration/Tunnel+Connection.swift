import FabricCrypto
import IKE
import Topology
import WireFormat

/// What a tunnel's profiles cannot be turned into transforms for.
enum ProfileError: Error, Equatable, CustomStringConvertible {
  /// An algorithm that this version does not know.
  case unknownAlgorithm(String)
  /// Nothing is left to propose.
  case nothingToPropose(phase: Int)

  var description: String {
    switch self {
    case .unknownAlgorithm(let name): "this version does not know the algorithm \(name)"
    case .nothingToPropose(let phase): "phase \(phase) has no complete proposal"
    }
  }
}

extension Tunnel {
  /// The tunnel as the IKE engine is told of it, with the line that is to carry it now.
  func connection(by lines: TunnelLines) throws(ProfileError) -> IKEConnection {
    let line = lines.line(of: self)
    var connection = try connection(localAddress: line.address)
    connection.localUplink = line.name
    connection.additionalAddresses = lines.additionalAddresses(of: self)
    return connection
  }

  /// The tunnel as the IKE engine is told of it; `localAddress` is the uplink's address, once it has one.
  func connection(localAddress: IPAddress?) throws(ProfileError) -> IKEConnection {
    IKEConnection(
      name: name, localUplink: uplink, localAddress: localAddress, remoteAddress: remoteAddress,
      localIdentity: IKEIdentity(topologyText: localIdentity),
      remoteIdentity: IKEIdentity(topologyText: remoteIdentity),
      authentication: IKEAuthentication(authentication), postQuantumPresharedKey: postQuantumPresharedKey,
      initiates: initiates, ikeProposals: try ike.proposals(),
      childProposals: try ipsec.proposals(additional: ike.additionalKeyExchanges()),
      localSelectors: selectors.local, remoteSelectors: selectors.remote,
      ikeLifetime: .seconds(ike.lifetimeSeconds), childLifetime: .seconds(ipsec.lifetimeSeconds),
      childLifetimeBytes: ipsec.lifetimeBytes, deadPeerInterval: .seconds(ike.dpdSeconds),
      forceEncapsulation: encapsulation == .udp, replayWindow: ipsec.replayWindow, redirect: redirect)
  }
}

extension Tunnel.Selectors {
  fileprivate var local: [TrafficSelector] {
    switch self {
    case .any: [.any(.v4), .any(.v6)]
    case .networks(let local, _): local.map { TrafficSelector($0) }
    }
  }

  fileprivate var remote: [TrafficSelector] {
    switch self {
    case .any: [.any(.v4), .any(.v6)]
    case .networks(_, let remote): remote.map { TrafficSelector($0) }
    }
  }
}

extension IKEAuthentication {
  init(_ authentication: TunnelAuthentication) {
    switch authentication {
    case .presharedKey(let key): self = .presharedKey(SecretBytes(key.bytes))
    case .certificate(.network): self = .certificate(.ownAuthority)
    case .certificate(.thirdParty(let authorities)): self = .certificate(.authorities(authorities.map { [UInt8]($0) }))
    }
  }
}

extension Tunnel {
  /// The key that is mixed into the keys of the IKE SA, as far as the profile wants one.
  fileprivate var postQuantumPresharedKey: PostQuantumPresharedKey? {
    guard let use = ike.postQuantumKey, let postQuantumKey else { return nil }
    return PostQuantumPresharedKey(
      identity: postQuantumKey.identity, key: SecretBytes(postQuantumKey.key.bytes), isRequired: use == .require)
  }
}

extension IKEIdentity {
  /// Reads an identity as topology files write it: an address, an e-mail address, or a name.
  init(topologyText text: String) {
    if let address = IPAddress(text) {
      self = .address(address)
    } else {
      self = text.contains("@") ? .email(text) : .fqdn(text)
    }
  }
}

extension IKEProfile {
  fileprivate func proposals() throws(ProfileError) -> [IKEProposal] {
    let proposals = IKEProposal.proposals(
      encryption: try known(encryption) { EncryptionAlgorithm(rawValue: $0) },
      integrity: try known(integrity) { IntegrityAlgorithm(topologyName: $0) },
      pseudorandomFunctions: try known(prf) { PseudorandomFunction(topologyName: $0) },
      keyExchangeMethods: try known(dhGroups) { KeyExchangeMethod(topologyName: $0) },
      additional: try additionalKeyExchanges())
    guard !proposals.isEmpty else { throw .nothingToPropose(phase: 1) }
    return proposals
  }
}

extension IKEProfile {
  /// The key exchanges that follow the first one, in both phases.
  fileprivate func additionalKeyExchanges() throws(ProfileError) -> AdditionalKeyExchanges {
    guard let postQuantum else { return .none }
    let methods = try known(postQuantum.additionalKeyExchanges) { KeyExchangeMethod(topologyName: $0) }
    return AdditionalKeyExchanges(methods, areRequired: postQuantum.isRequired)
  }
}

extension IPsecProfile {
  /// The proposals; `additional` follows a key exchange for PFS, where there is one.
  fileprivate func proposals(additional: AdditionalKeyExchanges) throws(ProfileError) -> [ESPProposal] {
    let proposals = ESPProposal.proposals(
      encryption: try known(encryption) { EncryptionAlgorithm(rawValue: $0) },
      integrity: try known(integrity) { IntegrityAlgorithm(topologyName: $0) },
      keyExchangeMethods: try known(pfs) { KeyExchangeMethod(topologyName: $0) },
      additional: pfs.isEmpty ? .none : additional,
      extendedSequenceNumbers: extendedSequenceNumbers)
    guard !proposals.isEmpty else { throw .nothingToPropose(phase: 2) }
    return proposals
  }
}

private func known<Algorithm>(
  _ names: [String], _ read: (String) -> Algorithm?
) throws(ProfileError) -> [Algorithm] {
  var algorithms: [Algorithm] = []
  for name in names {
    guard let algorithm = read(name) else { throw .unknownAlgorithm(name) }
    algorithms.append(algorithm)
  }
  return algorithms
}

extension IntegrityAlgorithm {
  /// Reads the name that topology files use.
  init?(topologyName name: String) {
    switch name {
    case "sha256": self = .hmacSHA256_128
    case "sha384": self = .hmacSHA384_192
    case "sha512": self = .hmacSHA512_256
    default: return nil
    }
  }
}

extension PseudorandomFunction {
  /// Reads the name that topology files use.
  init?(topologyName name: String) {
    switch name {
    case "sha256": self = .hmacSHA256
    case "sha384": self = .hmacSHA384
    case "sha512": self = .hmacSHA512
    default: return nil
    }
  }
}

extension KeyExchangeMethod {
  /// Reads the name that topology files use.
  init?(topologyName name: String) {
    switch name {
    case "modp2048": self = .modp2048
    case "modp3072": self = .modp3072
    case "modp4096": self = .modp4096
    case "modp6144": self = .modp6144
    case "modp8192": self = .modp8192
    case "ecp256": self = .ecp256
    case "ecp384": self = .ecp384
    case "ecp521": self = .ecp521
    case "x25519": self = .curve25519
    case "x448": self = .curve448
    case "mlkem768": self = .mlkem768
    case "mlkem1024": self = .mlkem1024
    default: return nil
    }
  }
}
