import WireFormat

/// Where the session's datagrams and its Child SAs' packets go.
extension IKESession {
  /// Takes the path of an authentic message over, where RFC 7296 section 2.23 says so.
  func follow(_ newPath: NetworkPath, _ context: SessionContext) {
    guard newPath != path else { return }
    // In IKE_AUTH the initiator may move to port 4500.
    guard phase == .authenticating || followsPeer else { return }
    path = newPath
    guard phase == .established else { return }
    moveChildren()
    report(.moved(path.remote))
  }

  /// Takes over where the peer's ESP packets come from, as far as it is allowed to.
  func follow(packetsFrom source: Endpoint, _ context: SessionContext) {
    guard phase == .established, encapsulation == .udp, source.address.family == path.remote.address.family else {
      return
    }
    follow(NetworkPath(uplink: path.uplink, local: path.local, remote: source), context)
  }

  /// Whether the peer may change its address unasked. RFC 7296 section 2.23: one behind a NAT may, unless we are behind one
  /// ourselves; RFC 4555 section 3.8: one that can say so has to.
  private var followsPeer: Bool { nat.isRemoteBehindNAT && !nat.isLocalBehindNAT && !mobility.isNegotiated }

  /// How the ESP packets of a Child SA travel.
  var encapsulation: ChildSA.Encapsulation { nat.requiresEncapsulation ? .udp : .esp }

  /// An endpoint of ESP packets: without UDP there are no ports.
  func endpoint(_ endpoint: Endpoint) -> Endpoint {
    encapsulation == .udp ? endpoint : Endpoint(endpoint.address, port: 0)
  }
}
