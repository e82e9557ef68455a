import WireFormat

/// Where the session's datagrams and its Child SAs' packets go.
extension IKESession {
  /// Takes the path of an authentic message over, where RFC 7296 section 2.23 says so.
  func follow(_ newPath: NetworkPath, _ context: SessionContext) {
    guard newPath != path else { return }
    // In IKE_AUTH the initiator may move to port 4500; later only a peer behind a NAT changes its address unasked.
    guard phase == .authenticating || (nat.isRemoteBehindNAT && !nat.isLocalBehindNAT) else { return }
    path = newPath
    guard phase == .established else { return }
    for child in children.values {
      let local = endpoint(path.local)
      let remote = endpoint(path.remote)
      let name = connection?.name ?? ""
      effects.append(
        .action(.moveChildSA(connection: name, inboundSPI: child.inboundSPI, local: local, remote: remote)))
    }
    report(.moved(path.remote))
  }

  /// How the ESP packets of a Child SA travel.
  var encapsulation: ChildSA.Encapsulation { nat.requiresEncapsulation ? .udp : .esp }

  /// An endpoint of ESP packets: without UDP there are no ports.
  func endpoint(_ endpoint: Endpoint) -> Endpoint {
    encapsulation == .udp ? endpoint : Endpoint(endpoint.address, port: 0)
  }
}
