import ESP
import FabricCrypto
import Topology
import WireFormat

/// The way of a tunnel's packets to the peer, what they cost on it, and how large they may be.
struct TunnelPath {
  let path: ESPPath
  let overhead: ESPOverhead
  /// Whose code seals the packets.
  let cipherImplementation: CipherImplementation
  /// What is known of the largest outer packet.
  var mtu: PathMTU
  /// How long packets take on it, and how many are lost.
  var measurement: TunnelMeasurement
  /// Whether it carries packets at all; nil where that is not asked.
  var liveness: TunnelLiveness?
  /// Whether it is as good as it should be; nil where that is not asked.
  var serviceLevel: ServiceLevelJudge?
  /// The same for classes of traffic that ask for a level of their own, by name.
  var classLevels: [String: ServiceLevelJudge]

  /// A path that carries what the tunnel's device hands over, unless probes find otherwise.
  init(_ sa: OutboundSA, _ settings: TunnelSettings, at now: Instant) {
    path = sa.path
    overhead = TunnelPath.overhead(of: sa)
    cipherImplementation = sa.cipherImplementation
    mtu = PathMTU(
      maximum: overhead.outerLength(innerLength: settings.mtu), outerFamily: sa.path.remote.address.family, at: now)
    measurement = TunnelMeasurement(interval: settings.testInterval, at: now)
    liveness = settings.liveness.map {
      TunnelLiveness(interval: .milliseconds($0.intervalMilliseconds), multiplier: $0.multiplier)
    }
    serviceLevel = settings.serviceLevel.map { ServiceLevelJudge(ServiceLevel($0)) }
    classLevels = settings.classLevels.mapValues { ServiceLevelJudge(ServiceLevel($0)) }
  }

  /// When one of the machines wants to be called.
  var nextDeadline: Instant? {
    [mtu.nextDeadline, measurement.nextDeadline, liveness?.nextDeadline].compactMap(\.self).min()
  }

  /// Whether packets of the SA take this path at this cost.
  func isTaken(by sa: OutboundSA) -> Bool {
    sa.path == path && TunnelPath.overhead(of: sa) == overhead && sa.cipherImplementation == cipherImplementation
  }

  /// The largest inner packet in bytes.
  var innerMTU: Int { overhead.innerMTU(pathMTU: mtu.current) }

  /// The length of the outer packet around it, in bytes: the path's MTU but for what alignment leaves unused.
  var outerMTU: Int { overhead.outerLength(innerLength: innerMTU) }

  /// Holds the last tests against the service levels; one that has no answer after half a second counts as lost.
  mutating func judge(at now: Instant) {
    guard serviceLevel != nil || !classLevels.isEmpty else { return }
    let result = measurement.result(at: now, patience: .milliseconds(500))
    serviceLevel?.judge(result, at: now)
    for name in classLevels.keys { classLevels[name]?.judge(result, at: now) }
  }

  /// The classes for which the path is worse than they ask for, and why.
  var poorFor: [String: String] { classLevels.compactMapValues { $0.violation?.text } }

  /// What the tests tell; `cause` is why the path is silent, if it is.
  func health(silentFor cause: String, at now: Instant) -> TunnelHealth {
    if let liveness, !liveness.isAlive {
      return .silent(cause: cause, milliseconds: Int(clamping: liveness.silence(at: now).nanoseconds / 1_000_000))
    }
    return serviceLevel?.violation.map { .poor(cause: $0.text) } ?? .good
  }

  private static func overhead(of sa: OutboundSA) -> ESPOverhead {
    ESPOverhead(layout: sa.layout, encapsulation: sa.path.encapsulation, outerFamily: sa.path.remote.address.family)
  }
}

extension TunnelSettings {
  /// The same tests measure the path, tell whether it is there, and hold it against its service level.
  fileprivate var testInterval: Duration {
    let intervals = [
      measurementInterval > .zero ? measurementInterval : nil,
      liveness.map { .milliseconds($0.intervalMilliseconds) },
      // The hundred tests that count are those of the last two seconds.
      serviceLevel != nil || !classLevels.isEmpty ? .milliseconds(20) : nil,
    ]
    return intervals.compactMap(\.self).min() ?? .zero
  }
}

extension ServiceLevel.Violation {
  fileprivate var text: String {
    switch self {
    case .loss(let share): "\(Int((share * 100).rounded())) % of its tests are lost"
    case .roundTrip(let duration): "its round trip takes \(duration.nanoseconds / 1_000_000) ms"
    case .jitter(let duration): "its round trips differ by \(duration.nanoseconds / 1_000_000) ms"
    }
  }
}

extension ServiceLevel {
  fileprivate init(_ limits: ServiceLevelLimits) {
    self.init(
      loss: limits.lossPercent.map { $0 / 100 }, roundTrip: limits.latencyMilliseconds.map { .milliseconds($0) },
      jitter: limits.jitterMilliseconds.map { .milliseconds($0) }, hold: .seconds(limits.holdSeconds))
  }
}
