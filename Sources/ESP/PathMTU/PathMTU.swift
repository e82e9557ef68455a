import WireFormat

/// Finds the largest packet that a tunnel's path carries, by probes that the peer answers through the tunnel: packetization
/// layer path MTU discovery (RFC 8899), which a path that swallows big packets without a word cannot mislead.
///
///     begin     floor ├────────────────────┤ maximum      a round: one probe of each size, all at once
///                     ✓                    ✗
///     search    floor ├──┬──┬──┬──┬──┬──┬──┤              the next round lies between the last ✓ and the first ✗
///                     ✓  ✓  ✓  ✓  ✗  ✗  ✗  ✗
///
/// Sizes are those of whole outer IP packets in bytes. A size that was not answered is asked for once more before it
/// counts as too big. A peer that answers nothing, such as one of another make, changes nothing: what routers say
/// (`tooBig`) is then all there is.
public struct PathMTU: Sendable {
  /// A probe to send: an outer packet of `size` bytes, known by its number.
  public struct Probe: Hashable, Sendable {
    /// Given back by the peer's answer.
    public let number: UInt32
    /// Length of the outer IP packet in bytes.
    public let size: Int
  }

  private struct Round {
    var probes: [Probe]
    var attempt: Int
    /// The largest size that was answered; 0: none.
    var best = 0
    let sentAt: Instant
  }

  /// The largest outer packet that passes, as far as is known.
  public private(set) var current: Int
  /// When `timeout` wants to be called.
  public private(set) var nextDeadline: Instant?
  /// How long the peer's latest answer took.
  public private(set) var roundTripTime: Duration?

  private let floor: Int
  private let maximum: Int
  private var round: Round?
  private var lastNumber: UInt32 = 0
  private var raiseAt: Instant

  /// RFC 8899 section 5.1.1: PROBE_TIMER, while nothing is known of the round-trip time.
  private static let patience = Duration.seconds(1)
  private static let shortestPatience = Duration.milliseconds(50)
  /// RFC 8899 section 5.1.1: CONFIRMATION_TIMER.
  private static let confirmationInterval = Duration.seconds(10)
  /// RFC 8899 section 5.1.1: PMTU_RAISE_TIMER.
  private static let raiseInterval = Duration.seconds(600)
  private static let probesPerRound = 8
  private static let attempts = 2
  /// What ESP's padding makes of a size anyway.
  private static let precision = 4

  /// A path that carries packets of `maximum` bytes unless it is found that it does not. `begin` starts the search.
  public init(maximum: Int, outerFamily family: IPAddress.Family, at now: Instant) {
    // RFC 791 section 3.2 and RFC 8200 section 5: what every host or path must carry.
    floor = min(maximum, family == .v4 ? 576 : 1280)
    self.maximum = maximum
    current = maximum
    raiseAt = now.advanced(by: PathMTU.raiseInterval)
  }

  /// Begins to search; the probes are to be sent. Most paths carry everything: what lies between is asked for only
  /// where the largest size is not answered, and a thousand tunnels that come up at once do not fill their line.
  public mutating func begin(at now: Instant) -> [Probe] { ask(sizes([floor, maximum]), attempt: 1, at: now) }

  /// Goes on when `nextDeadline` has come.
  public mutating func timeout(at now: Instant) -> [Probe] {
    guard let deadline = nextDeadline, deadline <= now else { return [] }
    guard let round else { return confirm(at: now) }
    let missing = round.probes.map(\.size).filter { $0 > round.best }
    if round.attempt < PathMTU.attempts, !missing.isEmpty {
      let best = round.best
      let probes = ask(missing, attempt: round.attempt + 1, at: now)
      self.round?.best = best
      return probes
    }
    return conclude(round, at: now)
  }

  /// The peer has answered a probe.
  public mutating func answered(number: UInt32, at now: Instant) -> [Probe] {
    guard var round, let probe = round.probes.first(where: { $0.number == number }) else { return [] }
    let time = round.sentAt.duration(to: now)
    roundTripTime = time
    round.best = max(round.best, probe.size)
    self.round = round
    if round.best == round.probes.last?.size { return conclude(round, at: now) }
    // The answers to the others are on their way now, if they come at all.
    nextDeadline = now.advanced(by: max(PathMTU.shortestPatience, time))
    return []
  }

  /// The peer is there and receives, for it has sent a probe of its own: one that waits in vain for answers may repeat.
  public mutating func peerAppeared(at now: Instant) -> [Probe] {
    guard let round, round.best == 0, round.attempt == 1, round.sentAt < now else { return [] }
    return ask(round.probes.map(\.size), attempt: 2, at: now)
  }

  /// A router, or the system itself, says that packets of more than `mtu` bytes do not pass.
  ///
  /// It may be anybody's word (RFC 4301 section 8.2.1), so it holds only until a probe proves the contrary.
  public mutating func tooBig(mtu: Int, at now: Instant) -> [Probe] {
    // RFC 8899 section 4.6.1: a size that could not have been the cause, or is below what every path carries, is no news.
    guard round == nil, mtu >= floor, mtu < current else { return [] }
    let doubted = current
    settle(mtu, at: now)
    return ask([mtu, doubted], attempt: 1, at: now)
  }

  // MARK: - Rounds

  private mutating func ask(_ sizes: [Int], attempt: Int, at now: Instant) -> [Probe] {
    let probes = sizes.map { size in
      lastNumber &+= 1
      return Probe(number: lastNumber, size: size)
    }
    round = Round(probes: probes, attempt: attempt, sentAt: now)
    nextDeadline = now.advanced(by: patience)
    return probes
  }

  private var patience: Duration {
    roundTripTime.map { max(PathMTU.shortestPatience, $0 * 3) } ?? PathMTU.patience
  }

  private mutating func confirm(at now: Instant) -> [Probe] {
    guard now >= raiseAt, current < maximum else { return ask(sizes([floor, current]), attempt: 1, at: now) }
    raiseAt = now.advanced(by: PathMTU.raiseInterval)
    // RFC 1191 section 6.3: what a router said is forgotten after ten minutes; without answers nothing else can tell.
    if roundTripTime == nil { current = maximum }
    return ask([current] + sizes(above: current, to: maximum), attempt: 1, at: now)
  }

  private mutating func conclude(_ round: Round, at now: Instant) -> [Probe] {
    self.round = nil
    nextDeadline = now.advanced(by: PathMTU.confirmationInterval)
    // No answer at all says nothing of sizes: the peer does not know probes, or is gone, which is not for us to find out.
    guard round.best > 0 else { return [] }
    let tooBig = round.probes.map(\.size).first { $0 > round.best }
    if let tooBig, tooBig - round.best > PathMTU.precision {
      return ask([round.best] + sizes(above: round.best, to: tooBig - 1), attempt: 1, at: now)
    }
    settle(round.best, at: now)
    return []
  }

  private mutating func settle(_ size: Int, at now: Instant) {
    if size < current { raiseAt = now.advanced(by: PathMTU.raiseInterval) }
    current = size
  }

  // MARK: - Sizes

  /// Evenly spaced sizes above `low` up to `high`, which is the last.
  private func sizes(above low: Int, to high: Int) -> [Int] {
    let steps = PathMTU.probesPerRound - 1
    return sizes((1...steps).map { low + (high - low) * $0 / steps }.filter { $0 > low })
  }

  private func sizes(_ sizes: [Int]) -> [Int] { Set(sizes).sorted() }
}
