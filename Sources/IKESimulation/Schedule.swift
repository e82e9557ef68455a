import FabricTestKit
import IKE

/// What happens in one simulated life of a tunnel; everything follows from the seed.
package struct Schedule {
  /// How much the schedule allows itself, and so how much the tunnel must keep.
  package enum Severity: String {
    /// No message is lost twice, nobody crashes: the tunnel must carry every packet from its beginning to its end.
    case gentle
    /// Anything happens: the tunnel must be whole again when it is quiet.
    case wild
  }

  /// One of the two gateways.
  package enum Side: String, CaseIterable {
    case left, right
    /// The other one.
    package var peer: Side { self == .left ? .right : .left }
  }

  /// Something that an operator, the ESP role or fate does to a gateway.
  package enum Command {
    case rekeyChild
    case rekeyIKE
    /// The ESP role has reached a hard limit.
    case deleteChild
    /// The operator closes the tunnel, and wants it again later.
    case closeAndReopen(after: Duration)
    /// The ike process is killed; its ESP SAs stay.
    case restartIKE
    /// The whole gateway is gone and comes back later.
    case crash(for: Duration)
    /// The machine has slept.
    case jumpClock(Duration)
    /// Nothing passes the network.
    case cut(for: Duration)
    /// The left gateway's line gets another address, and the gateway is told.
    case changeAddress
    /// The NAT in front of the left gateway maps it anew, and nobody is told.
    case rebindNAT
  }

  /// Of 1,000 messages, so many suffer each fault.
  package struct FaultRates {
    package var loss = 0
    package var duplication = 0
    package var delay = 0
    package var corruption = 0
    package var longestDelay = Duration.milliseconds(400)
  }

  package let seed: UInt64
  package let severity: Severity
  package let rates: FaultRates
  /// How long the faults last; quiet follows.
  package let storm: Duration
  package let commands: [(time: Duration, side: Side, command: Command)]
  /// Whether both ends set the tunnel up.
  package let bothInitiate: Bool
  package let childLifetime: Duration
  package let ikeLifetime: Duration
  package let hasPerfectForwardSecrecy: Bool
  package let forcesEncapsulation: Bool
  /// Whether ML-KEM follows every key exchange, and a post-quantum preshared key is mixed in.
  package let isPostQuantum: Bool
  /// Whether messages are so long that they have to be cut into fragments.
  package let hasLongMessages: Bool
  /// The largest IP packet that the network carries, in bytes.
  package let pathMTU: Int
  /// Whether there is a NAT in front of the left gateway.
  package let hasNAT: Bool

  /// The schedule of a seed.
  package init(seed: UInt64) {
    var dice = Dice(SeededRandom(seed: seed))
    self.seed = seed
    severity = dice.chance(in: 1000, of: 400) ? .gentle : .wild
    storm = .seconds(Int64(dice.roll(20...70)))
    bothInitiate = dice.chance(in: 1000, of: 300)
    childLifetime = .seconds(Int64(dice.roll(25...120)))
    ikeLifetime = .seconds(Int64(dice.roll(40...300)))
    hasPerfectForwardSecrecy = dice.chance(in: 1000, of: 250)
    forcesEncapsulation = dice.chance(in: 1000, of: 200)
    rates = Schedule.rates(severity, &dice)
    var commands = Schedule.commands(severity, within: storm, &dice)
    isPostQuantum = dice.chance(in: 1000, of: 250)
    hasLongMessages = dice.chance(in: 3, of: 1)
    // What does not fit is lost each time that it is sent, which is not gentle.
    pathMTU = severity == .gentle ? 1500 : [1500, 1400, 576][dice.roll(0...2)]
    hasNAT = dice.chance(in: 4, of: 1)
    // A packet that is sent to where the gateway was is lost, which is not gentle.
    if severity == .wild { commands += Schedule.moves(within: storm, hasNAT: hasNAT, &dice) }
    self.commands = commands.sorted { $0.time < $1.time }
  }

  private static func rates(_ severity: Severity, _ dice: inout Dice) -> FaultRates {
    let worst = severity == .gentle ? 300 : 500
    return FaultRates(
      loss: dice.roll(0...worst), duplication: dice.roll(0...300), delay: dice.roll(0...500),
      corruption: severity == .gentle ? 0 : dice.roll(0...150),
      longestDelay: .milliseconds(Int64(severity == .gentle ? 400 : dice.roll(10...5000))))
  }

  private static func commands(
    _ severity: Severity, within storm: Duration, _ dice: inout Dice
  ) -> [(time: Duration, side: Side, command: Command)] {
    var commands: [(time: Duration, side: Side, command: Command)] = []
    for _ in 0..<dice.roll(1...8) {
      let time = storm * (Double(dice.roll(0...1000)) / 1000)
      let command = command(severity, &dice)
      commands.append((time, dice.chance(in: 2, of: 1) ? .left : .right, command))
      // Collisions are what is looked for: now and then the other end does something in the same moment.
      guard dice.chance(in: 2, of: 1) else { continue }
      let later = time + .milliseconds(Int64(dice.roll(0...30)))
      commands.append((later, commands[commands.count - 1].side.peer, self.command(severity, &dice)))
    }
    return commands.sorted { $0.time < $1.time }
  }

  private static func moves(
    within storm: Duration, hasNAT: Bool, _ dice: inout Dice
  ) -> [(time: Duration, side: Side, command: Command)] {
    (0..<max(0, dice.roll(-2...3))).map { _ in
      (
        storm * (Double(dice.roll(0...1000)) / 1000), .left,
        hasNAT && dice.chance(in: 2, of: 1) ? .rebindNAT : .changeAddress
      )
    }
  }

  private static func command(_ severity: Severity, _ dice: inout Dice) -> Command {
    switch dice.roll(0...(severity == .gentle ? 9 : 19)) {
    case 0...5: .rekeyChild
    case 6...9: .rekeyIKE
    case 10, 11: .deleteChild
    case 12: .closeAndReopen(after: .milliseconds(Int64(dice.roll(0...10000))))
    case 13, 14: .restartIKE
    case 15, 16: .crash(for: .milliseconds(Int64(dice.roll(0...20000))))
    case 17: .jumpClock(.seconds(Int64(dice.roll(1...500))))
    default: .cut(for: .milliseconds(Int64(dice.roll(100...40000))))
    }
  }
}

/// Decisions from a seeded source.
struct Dice {
  private var random: SeededRandom

  init(_ random: SeededRandom) { self.random = random }

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  /// True in `favourable` of `total` cases.
  mutating func chance(in total: Int, of favourable: Int) -> Bool { roll(0...(total - 1)) < favourable }
}
