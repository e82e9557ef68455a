import FabricCrypto
import FabricTestKit
import IKE
import WireFormat

/// One tunnel's life between two gateways over a hostile network, under one deterministic clock.
///
///     left 15.0.0.1 ──── IKE messages, and a packet of the tunnel each way every 500 ms ──── right 35.0.0.3
///
/// First the storm of the schedule, then quiet; then the tunnel must be whole.
package final class Simulation {
  private let schedule: Schedule
  private let trace: ((String) -> Void)?
  private var clock = ManualClock()
  private var network: HostileNetwork
  private var nat: SimulatedNAT
  private let gateways: [Schedule.Side: SimulatedGateway]
  /// What is done later, by the time it is due.
  private var agenda: [(time: Instant, action: (Simulation) -> Void)] = []
  private var violations: [String] = []
  private var addressChanges: UInt32 = 0
  /// Whether both ends have had the same pair of SAs.
  private var hasBeenUp = false

  private static let packetInterval = Duration.milliseconds(500)
  /// Dead peers are found after 20 + 15.5 s, and attempts are a minute apart at most.
  private static let quiet = Duration.seconds(150)
  /// How long a rekey that is under way at the end of the quiet may take.
  private static let patience = 60
  /// More IKE SAs or pairs than this at a time are a leak.
  private static let mostSessions = 40
  private static let mostPairs = 12

  /// Prepares the simulation of a schedule; `trace` is told what happens.
  package init(_ schedule: Schedule, trace: ((String) -> Void)? = nil) {
    self.schedule = schedule
    self.trace = trace
    network = HostileNetwork(schedule)
    nat = SimulatedNAT(isPresent: schedule.hasNAT)
    let left = IKEConnection.simulated(schedule)
    var right = left.mirrored(initiates: schedule.bothInitiate && !schedule.hasNAT)
    if schedule.hasNAT { right.remoteAddress = nil }
    gateways = [
      .left: SimulatedGateway(.left, left, seed: schedule.seed &* 2 &+ 0x5EED),
      .right: SimulatedGateway(.right, right, seed: schedule.seed &* 2 &+ 1),
    ]
  }

  /// Runs the schedule of a seed and returns what it has violated: nothing, if all is well.
  package static func run(seed: UInt64, trace: ((String) -> Void)? = nil) -> [String] {
    Simulation(Schedule(seed: seed), trace: trace).run()
  }

  /// Runs the schedule and returns what it has violated.
  package func run() -> [String] {
    for side in Schedule.Side.allCases { send(gateway(side).start(at: clock.now, note)) }
    for command in schedule.commands { plan(after: command.time) { $0.perform(command.command, at: command.side) } }
    plan(after: .zero) { $0.exchangePackets() }
    advance(by: schedule.storm)
    note("quiet")
    network.calm()
    for side in Schedule.Side.allCases { recover(side) }
    advance(by: Simulation.quiet)
    for _ in 0..<Simulation.patience where !isWhole { advance(by: .seconds(1)) }
    if violations.isEmpty { judge() }
    return violations
  }

  // MARK: Time

  private func advance(by duration: Duration) {
    let end = clock.now.advanced(by: duration)
    while let next = nextEvent, next <= end, violations.isEmpty {
      clock.advance(to: next)
      step()
    }
    clock.advance(to: end)
  }

  private var nextEvent: Instant? {
    ([network.nextArrival, agenda.first?.time] + gateways.values.map(\.nextDeadline)).compactMap { $0 }.min()
  }

  private func step() {
    while let packet = network.receive(at: clock.now) { arrive(packet) }
    while let first = agenda.first, first.time <= clock.now { agenda.removeFirst().action(self) }
    for side in Schedule.Side.allCases where gateway(side).nextDeadline.map({ $0 <= clock.now }) == true {
      send(gateway(side).handle(.timeout, at: clock.now, note))
    }
  }

  private func plan(after wait: Duration, _ action: @escaping (Simulation) -> Void) {
    let time = clock.now.advanced(by: wait)
    agenda.insert((time, action), at: agenda.firstIndex { $0.time > time } ?? agenda.endIndex)
  }

  // MARK: What happens

  private func perform(_ command: Schedule.Command, at side: Schedule.Side) {
    guard !network.isQuiet else { return }
    note("\(side.rawValue): \(command)")
    let gateway = gateway(side)
    let name = IKEConnection.simulatedName
    switch command {
    case .rekeyChild: forEachPair(side) { .rekeyChild(connection: name, inboundSPI: $0) }
    case .deleteChild: forEachPair(side) { .deleteChild(connection: name, inboundSPI: $0) }
    case .rekeyIKE: send(gateway.handle(.rekeyIKE(connection: name), at: clock.now, note))
    case .closeAndReopen(let wait):
      send(gateway.handle(.terminate(connection: name), at: clock.now, note))
      plan(after: wait) { $0.send(gateway.reopen(at: $0.clock.now, $0.note)) }
    case .restartIKE: send(gateway.isDown ? [] : gateway.restartIKE(at: clock.now, note))
    case .crash(let duration):
      gateway.crash()
      plan(after: duration) { $0.recover(side) }
    case .jumpClock(let duration): gateway.jumpClock(by: duration)
    case .cut(let duration): network.cut(until: clock.now.advanced(by: duration))
    case .rebindNAT: nat.rebind()
    case .changeAddress:
      addressChanges += 1
      send(gateway.changeAddress(to: .v4(0x0F00_0001 + addressChanges), at: clock.now, note))
    }
  }

  /// Brings a gateway back if it is down, and asks for the tunnel again if its operator has closed it.
  private func recover(_ side: Schedule.Side) {
    let gateway = gateway(side)
    send(gateway.isDown ? gateway.recover(at: clock.now, note) : gateway.reopen(at: clock.now, note))
  }

  private func forEachPair(_ side: Schedule.Side, _ event: (ESPSPI) -> IKEEvent) {
    for pair in gateway(side).database.pairs.filter({ !$0.isOrphan }) {
      send(gateway(side).handle(event(pair.sa.inboundSPI), at: clock.now, note))
    }
  }

  private func arrive(_ packet: HostileNetwork.Packet) {
    switch packet {
    case .ike(let sent):
      guard let (side, local) = receiver(at: sent.remote) else { return }
      let arrived = IKEDatagram(uplink: "isp", local: local, remote: sent.local, bytes: sent.bytes)
      send(gateway(side).handle(.datagram(arrived), at: clock.now, note))
    case .esp(let packet):
      guard let (side, _) = receiver(at: packet.destination) else { return }
      let (isOpened, datagrams) = gateway(side).open(packet, at: clock.now, note)
      if !isOpened, mustCarryPackets {
        violate("\(side.rawValue) cannot open a packet of the tunnel under SPI \(packet.spi)")
      }
      send(datagrams)
    }
  }

  /// Which gateway a packet to `destination` reaches, and to which of its endpoints; nil if it is lost.
  private func receiver(at destination: Endpoint) -> (Schedule.Side, Endpoint)? {
    if destination.address == gateway(.right).address { return (.right, destination) }
    return nat.inside(destination, gateway: gateway(.left).address).map { (.left, $0) }
  }

  /// How a gateway's endpoint looks from the other end.
  private func source(_ endpoint: Endpoint) -> Endpoint {
    endpoint.address == gateway(.right).address ? endpoint : nat.outside(endpoint)
  }

  /// Each end sends a packet into the tunnel.
  private func exchangePackets() {
    hasBeenUp =
      hasBeenUp
      || gateway(.left).database.pairs.contains { one in
        gateway(.right).database.pairs.contains { one.sa.matches($0.sa) }
      }
    for side in Schedule.Side.allCases where !gateway(side).isDown {
      if var packet = gateway(side).seal() {
        packet.source = source(packet.source)
        network.send(.esp(packet), at: clock.now)
      } else if mustCarryPackets {
        violate("\(side.rawValue) has no outbound SA")
      }
    }
    plan(after: Simulation.packetInterval) { $0.exchangePackets() }
  }

  /// Whether every packet of the tunnel has to arrive: in a gentle schedule, from the beginning to the end.
  private var mustCarryPackets: Bool {
    schedule.severity == .gentle && hasBeenUp
  }

  private func send(_ datagrams: [IKEDatagram]) {
    for datagram in datagrams {
      if !datagram.isProtectedOrInitial { violate("a message went out in clear") }
      // Nobody can send from an address that is not his any more.
      guard Schedule.Side.allCases.contains(where: { gateway($0).address == datagram.local.address }) else { continue }
      var outside = datagram
      outside.local = source(datagram.local)
      network.send(.ike(outside), at: clock.now)
    }
  }

  // MARK: What must hold

  private var isWhole: Bool {
    let left = gateway(.left)
    let right = gateway(.right)
    guard left.sessionCount == 1, right.sessionCount == 1, left.database.pairs.count == 1,
      right.database.pairs.count == 1, let one = left.database.pairs.first, let other = right.database.pairs.first
    else { return false }
    // What each end sends must also reach the other.
    return one.sa.matches(other.sa) && receiver(at: one.remote)?.0 == .right && receiver(at: other.remote)?.0 == .left
  }

  private func judge() {
    if !isWhole { violate("the tunnel is not whole again: \(gateways.values.map(\.summary).sorted())") }
    for gateway in gateways.values {
      if gateway.repeatedKeys > 0 { violate("\(gateway.side.rawValue) has derived a key twice") }
      if gateway.mostSessions > Simulation.mostSessions || gateway.mostPairs > Simulation.mostPairs {
        violate("too many SAs at a time: \(gateway.summary)")
      }
    }
  }

  private func violate(_ violation: String) {
    note("VIOLATION: \(violation)")
    violations.append("seed \(schedule.seed), at \(clock.now.nanoseconds / 1_000_000) ms: \(violation)")
  }

  private func note(_ line: String) {
    trace?("\(clock.now.nanoseconds / 1_000_000) ms  \(line)")
  }

  private func gateway(_ side: Schedule.Side) -> SimulatedGateway {
    guard let gateway = gateways[side] else { preconditionFailure("there is a gateway on each side") }
    return gateway
  }
}

extension ChildSA {
  /// Whether what one end sends the other can open, both ways.
  fileprivate func matches(_ other: ChildSA) -> Bool {
    inboundSPI == other.outboundSPI && outboundSPI == other.inboundSPI && inboundKeys == other.outboundKeys
      && outboundKeys == other.inboundKeys
  }
}

extension SimulatedGateway {
  fileprivate var summary: String {
    "\(side.rawValue): \(sessionCount) IKE SAs (\(mostSessions)), \(database.pairs.count) pairs (\(mostPairs))"
  }
}

extension IKEDatagram {
  /// Whether the message belongs to IKE_SA_INIT or IKE_SESSION_RESUME, all its payloads are inside an SK or SKF payload, or it is the answer of a
  /// gateway that does not have the IKE SA any more: INVALID_IKE_SPI and a token of 16 bytes.
  fileprivate var isProtectedOrInitial: Bool {
    guard bytes.count > 19 else { return false }
    let isCrashAnswer = bytes[16] == 41 && bytes[19] & 0x20 != 0 && bytes.count == 28 + 8 + 8 + 16
    return bytes[18] == 34 || bytes[18] == 38 || bytes[16] == 46 || bytes[16] == 53 || isCrashAnswer
  }
}

extension IKEConnection {
  fileprivate static let simulatedName = "tunnel"

  /// The tunnel of a schedule, seen from the left.
  fileprivate static func simulated(_ schedule: Schedule) -> IKEConnection {
    IKEConnection(
      name: simulatedName, localUplink: "isp", localAddress: .v4(0x0F00_0001), remoteAddress: .v4(0x2300_0003),
      localIdentity: .fqdn("left.test"), remoteIdentity: .fqdn("right.test"),
      authentication: .presharedKey(SecretBytes(Array("correct horse battery staple".utf8))),
      postQuantumPresharedKey: schedule.postQuantumPresharedKey, initiates: true,
      ikeProposals: IKEProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256],
        keyExchangeMethods: [.curve25519], additional: schedule.additionalKeyExchanges),
      childProposals: ESPProposal.proposals(
        encryption: [.aes256GCM16], integrity: [],
        keyExchangeMethods: schedule.hasPerfectForwardSecrecy ? [.curve25519] : [],
        additional: schedule.hasPerfectForwardSecrecy ? schedule.additionalKeyExchanges : .none,
        extendedSequenceNumbers: true),
      localSelectors: selectors(schedule), remoteSelectors: selectors(schedule), ikeLifetime: schedule.ikeLifetime,
      childLifetime: schedule.childLifetime, childLifetimeBytes: nil, deadPeerInterval: .seconds(20),
      forceEncapsulation: schedule.forcesEncapsulation, replayWindow: 64)
  }

  /// All traffic, named in one selector or in so many that messages become long.
  private static func selectors(_ schedule: Schedule) -> [TrafficSelector] {
    guard schedule.hasLongMessages else { return [.any(.v4)] }
    let networks = (UInt32(0)..<64).compactMap { IPPrefix(containing: .v4($0 << 26), length: 6) }
    return networks.map { TrafficSelector($0) }
  }

  /// The same tunnel seen from the other end.
  fileprivate func mirrored(initiates: Bool) -> IKEConnection {
    var other = self
    (other.localAddress, other.remoteAddress) = (remoteAddress, localAddress)
    (other.localIdentity, other.remoteIdentity) = (remoteIdentity, localIdentity)
    other.initiates = initiates
    return other
  }
}

extension Schedule {
  fileprivate var postQuantumPresharedKey: PostQuantumPresharedKey? {
    isPostQuantum
      ? PostQuantumPresharedKey(
        identity: "left--right", key: SecretBytes(Array("a key for the time after".utf8)), isRequired: true) : nil
  }

  fileprivate var additionalKeyExchanges: AdditionalKeyExchanges {
    isPostQuantum ? AdditionalKeyExchanges([.mlkem768], areRequired: true) : .none
  }
}
