import WireFormat

/// The configured connections, found by name, by address and by identity.
struct ConnectionDirectory {
  private let byName: [String: IKEConnection]
  private let byPeer: [PeerKey: [IKEConnection]]
  private let policiesByAddress: [AddressKey: ResponderPolicy]
  private let policiesByUplink: [String: ResponderPolicy]

  private struct PeerKey: Hashable {
    let uplink: String
    let identity: IKEIdentity
  }

  private struct AddressKey: Hashable {
    let uplink: String
    let address: IPAddress
  }

  init(_ connections: [IKEConnection] = []) {
    byName = Dictionary(connections.map { ($0.name, $0) }) { first, _ in first }
    byPeer = Dictionary(grouping: connections) { PeerKey(uplink: $0.localUplink, identity: $0.remoteIdentity) }
    policiesByUplink = Dictionary(grouping: connections, by: \.localUplink).mapValues { ResponderPolicy($0) }
    let located = connections.compactMap { connection in
      connection.remoteAddress.map { (AddressKey(uplink: connection.localUplink, address: $0), connection) }
    }
    policiesByAddress = Dictionary(grouping: located, by: \.0).mapValues { ResponderPolicy($0.map(\.1)) }
  }

  /// All connections in no particular order.
  var connections: some Collection<IKEConnection> { byName.values }

  /// The connection of that name.
  func connection(named name: String) -> IKEConnection? { byName[name] }

  /// The connection whose peer is `identity`, and where the peer names whom it wants to talk to (IDr), that is we.
  func connection(uplink: String, peer identity: IKEIdentity, wanted: IKEIdentity?) -> IKEConnection? {
    byPeer[PeerKey(uplink: uplink, identity: identity)]?.first { wanted == nil || $0.localIdentity == wanted }
  }

  /// How many peers are configured at an address.
  func peerCount(uplink: String, remote: IPAddress) -> Int {
    policiesByAddress[AddressKey(uplink: uplink, address: remote)]?.connectionCount ?? 0
  }

  /// What to accept from an initiator before it has told who it is: connections with its address come first.
  func responderPolicies(uplink: String, remote: IPAddress) -> [ResponderPolicy] {
    [policiesByAddress[AddressKey(uplink: uplink, address: remote)], policiesByUplink[uplink]].compactMap { $0 }
  }
}

/// What is acceptable in IKE_SA_INIT, where the peer's identity is not known yet.
struct ResponderPolicy {
  /// Proposals of all connections that may be meant, each list once.
  let proposals: [[IKEProposal]]
  /// Whether any of them wants ESP in UDP without a NAT as well.
  let forceEncapsulation: Bool
  /// Whose certificates their peers may show, each once.
  let trustAnchors: [TrustAnchors]
  /// Whether any of them has a post-quantum preshared key.
  let hasPostQuantumPresharedKey: Bool
  /// Where all of their peers are to be sent (RFC 5685); nil where one is to stay, or they go different ways.
  let redirect: IPAddress?
  /// The connection that is meant, where there is only one.
  let soleConnection: String?
  let connectionCount: Int

  init(_ connections: [IKEConnection]) {
    var seen: Set<[IKEProposal]> = []
    proposals = connections.map(\.ikeProposals).filter { seen.insert($0).inserted }
    var anchors: Set<TrustAnchors> = []
    trustAnchors = connections.compactMap(\.trustAnchors).filter { anchors.insert($0).inserted }
    forceEncapsulation = connections.contains { $0.forceEncapsulation }
    hasPostQuantumPresharedKey = connections.contains { $0.postQuantumPresharedKey != nil }
    let redirects = Set(connections.map(\.redirect))
    redirect = redirects.count == 1 ? redirects.first ?? nil : nil
    soleConnection = connections.count == 1 ? connections.first?.name : nil
    connectionCount = connections.count
  }
}

extension IKEConnection {
  fileprivate var trustAnchors: TrustAnchors? {
    if case .certificate(let anchors) = authentication { anchors } else { nil }
  }
}
