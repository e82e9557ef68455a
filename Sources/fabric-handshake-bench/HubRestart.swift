import FabricCrypto
import IKE
import LinuxNetworking
import WireFormat

/// Has the hub's ike role die while all tunnels are up, and takes the time until they are up again.
extension Measurement {
  /// How the spokes came back.
  struct Comeback: Encodable {
    /// From the end of the hub's ike process to the time when that share of the spokes was back, in seconds; nil if it never
    /// was.
    var secondsToMost: Double?
    var secondsToAll: Double?
    /// All spokes divided by the time from the first message of the first one to the last one's end.
    var handshakesPerSecond: Double?
    /// How many came back by a ticket (RFC 5723).
    var resumptions = 0
  }

  /// Both ways back.
  struct Comebacks: Encodable {
    /// To a hub that takes its tickets back.
    let resumed: Comeback
    /// To one that refuses them, as its connections are not what they were: a full handshake follows.
    let refused: Comeback
  }

  /// Sets all tunnels up, and has the hub's ike role die twice. A spoke finds out when it asks whether the hub is alive
  /// (RFC 6290), which it does after two seconds of silence.
  func runRestarts() throws -> Comebacks {
    deadPeerInterval = .seconds(2)
    try prepare()
    let secret = SecretBytes(SystemRandom().randomBytes(32))
    for gateway in [hub, spokes] { gateway.recover(with: secret) }
    let connections = wire.spokeAddresses.indices.map { connection($0).mirrored }
    hub.configure(connections)
    try turn(for: .seconds(2)) { false }
    spokes.configure(wire.spokeAddresses.indices.map(connection))
    try turn(for: Measurement.patience) { [hub, spokes] in
      [hub, spokes].allSatisfy { $0.established.count == connections.count }
    }
    return Comebacks(
      resumed: try restart(secret, connections),
      refused: try restart(secret, connections.map(\.acceptingMore)))
  }

  private func restart(_ secret: SecretBytes, _ connections: [IKEConnection]) throws -> Comeback {
    try turn(for: .seconds(3)) { false }
    spokes.countAnew()
    var times: [Double] = []
    let start = SystemClock.now
    spokes.onEstablished = { times.append(start.duration(to: SystemClock.now) / .seconds(1)) }
    try hub.restartIKE()
    hub.recover(with: secret)
    hub.configure(connections)
    try turn(for: Measurement.patience) { times.count == connections.count }
    var comeback = Comeback(resumptions: spokes.resumptions)
    let most = Int((Double(connections.count) * Measurement.most).rounded(.up))
    if times.count >= most { comeback.secondsToMost = times[most - 1] }
    if times.count == connections.count, let last = times.last, let begun = spokes.begun {
      comeback.secondsToAll = last
      comeback.handshakesPerSecond = Double(times.count) / (last - start.duration(to: begun) / .seconds(1))
    }
    return comeback
  }
}

extension IKEConnection {
  /// The same connection, which accepts one more suite, and so is another one to a ticket.
  fileprivate var acceptingMore: IKEConnection {
    var other = self
    other.ikeProposals += IKEProposal.proposals(
      encryption: [.aes256CBC], integrity: [.hmacSHA256_128], pseudorandomFunctions: [.hmacSHA256],
      keyExchangeMethods: [.curve25519])
    return other
  }
}
