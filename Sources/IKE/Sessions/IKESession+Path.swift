import WireFormat

/// Where the session's datagrams and its Child SAs' packets go.
extension IKESession {
  /// Takes the path of an authentic message over, where RFC 7296 section 2.23 says so.
  func follow(_ newPath: NetworkPath, _ context: SessionContext) {
    guard newPath != path else { return }
    // In IKE_AUTH the initiator may move to port 4500. RFC 4555 section 3.8: a peer that can say that it has moved has to;
    // its IKE messages move nothing.
    guard phase == .authenticating || (isPeerMapped && !mobility.isNegotiated) else { return }
    takePath(newPath)
  }

  /// Takes over where the peer's newest authentic ESP packet came from, as far as that is allowed. RFC 4555 section 3.8:
  /// also of a peer that can say so itself, which does not know yet that its NAT maps it anew.
  func follow(packetsFrom source: Endpoint, _ context: SessionContext) {
    guard phase == .established, encapsulation == .udp, source.address.family == path.remote.address.family,
      isPeerMapped, source != path.remote
    else { return }
    takePath(NetworkPath(uplink: path.uplink, local: path.local, remote: source))
  }

  private func takePath(_ newPath: NetworkPath) {
    path = newPath
    guard phase == .established else { return }
    moveChildren()
    report(.moved(path.remote))
  }

  /// Whether the peer's address may change unasked. RFC 7296 section 2.23: that of one behind a NAT may, unless we are
  /// behind one ourselves.
  private var isPeerMapped: Bool { nat.isRemoteBehindNAT && !nat.isLocalBehindNAT }

  /// How the ESP packets of a Child SA travel.
  var encapsulation: ChildSA.Encapsulation { nat.requiresEncapsulation ? .udp : .esp }

  /// An endpoint of ESP packets: without UDP there are no ports.
  func endpoint(_ endpoint: Endpoint) -> Endpoint {
    encapsulation == .udp ? endpoint : Endpoint(endpoint.address, port: 0)
  }
}
