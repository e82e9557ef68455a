import ControlProtocol
import Lab
import LinuxNetworking

/// One partner that talks to Fabric in a lab.
struct Conversation {
  let scenario: Scenario
  let partner: ThirdParties.Partner
  let peer: any Peer
  let lab: RunningLab
  /// Fabric's end when the step began.
  private var before: TunnelStatus?

  init(_ scenario: Scenario, _ partner: ThirdParties.Partner, _ peer: any Peer, in lab: RunningLab) {
    self.scenario = scenario
    self.partner = partner
    self.peer = peer
    self.lab = lab
  }

  /// Starts a machine and a daemon for each scenario; machines boot while others do.
  static func start(
    _ scenarios: [Scenario], _ parties: ThirdParties, in lab: RunningLab
  ) throws -> [Conversation] {
    let pairs = Array(zip(scenarios, parties.partners))
    let kernels = try pairs.map { $0.make == .strongSwan ? nil : try VirtualMachine($1) }
    return try zip(pairs, kernels).map { pair, kernel in
      let (scenario, partner) = pair
      try kernel?.waitUntilReady(as: partner)
      var connection = PeerConnection(partner)
      if scenario.make == .openIKED, partner.isBehindNAT { connection.lifetime = 30 }
      let machine: any PeerMachine = try kernel ?? NamespaceMachine(partner.name)
      return Conversation(scenario, partner, try scenario.make.peer(on: machine, connection), in: lab)
    }
  }

  /// Fabric's end now; nil where it has none.
  func tunnel() throws -> TunnelStatus? { try lab.hubTunnels().first { $0.peerSite == partner.name } }

  /// Starts a step; `missing(for:)` says when it has come to its end.
  mutating func begin(_ step: Step) throws {
    before = try tunnel()
    switch step {
    case .peerRekeysChild: try peer.rekeyChild()
    case .peerRekeysIKE: try peer.rekeyIKE()
    case .peerDeletes:
      try peer.terminate()
      if partner.isBehindNAT { try peer.initiate() }
    case .peerDies: try peer.crash()
    case .establish, .fragments, .transfer, .fabricRekeysBoth, .natForgets, .lineDies, .fabricDeletes: break
    }
  }

  /// What a step still waits for; nil when it has come to its end.
  func missing(for step: Step) throws -> String? {
    switch step {
    case .establish: return try missingProof() ?? missingTraffic()
    case .natForgets: return try missingTraffic()
    case .fragments: return peer.machine.log.contains("EF(2/") ? nil : "no second fragment"
    case .transfer: return try missingTransfer()
    case .peerRekeysChild: return try missingChildSA() ?? missingTraffic()
    case .peerRekeysIKE, .peerDeletes: return try missingIKESA() ?? missingTraffic()
    case .fabricRekeysBoth: return try missingChildSA() ?? missingIKESA() ?? missingTraffic()
    case .peerDies: return try tunnel()?.ikeSA == nil ? nil : "Fabric keeps the IKE SA"
    case .lineDies, .fabricDeletes: return peer.isEstablished ? "the peer keeps its SAs" : nil
    }
  }

  private func missingChildSA() throws -> String? {
    let child = try tunnel()?.childSA
    return child == nil || child?.inboundSPI == before?.childSA?.inboundSPI ? "no new Child SA" : nil
  }

  private func missingIKESA() throws -> String? {
    let sa = try tunnel()?.ikeSA
    return sa == nil || sa?.initiatorSPI == before?.ikeSA?.initiatorSPI ? "no new IKE SA" : nil
  }

  /// The peer has proved its identity in the way that it was to.
  private func missingProof() throws -> String? {
    guard let sa = try tunnel()?.ikeSA else { return "no IKE SA" }
    let expected = scenario.suite.authentication
    if expected != .psk, sa.authentication?.contains(expected.rawValue) != true {
      return "the peer's proof is \(sa.authentication ?? "unknown")"
    }
    return nil
  }

  /// Hosts behind the gateways answer each other, and the peer is of the same opinion.
  private func missingTraffic() throws -> String? {
    if !peer.isEstablished { return "no Child SA at the peer" }
    if try !lab.ping(partner.host, from: "hub-host", patience: 2) { return "no answer from the peer's host" }
    let isAnswered = try lab.ping(ThirdParties.hubHost, from: "\(partner.name)-host", patience: 2)
    return isAnswered ? nil : "no answer from Fabric's host"
  }

  /// 256 KiB each way over TCP arrives as it was sent.
  private func missingTransfer() throws -> String? {
    let hub = (namespace: lab.namespace("hub-host"), address: ThirdParties.hubHost)
    let other = (namespace: lab.namespace("\(partner.name)-host"), address: partner.host)
    if try !ByteTransfer(256 << 10, from: hub.namespace, to: other).isComplete { return "bytes to the peer's host" }
    let isComplete = try ByteTransfer(256 << 10, from: other.namespace, to: hub).isComplete
    return isComplete ? nil : "bytes to Fabric's host"
  }

  /// What both ends say, for a step that failed.
  var details: String {
    let own = (try? tunnel()).map { "\(String(describing: $0))" } ?? "no tunnel"
    return "\n\(own)\(peer.machine.endOfLog)"
  }
}
