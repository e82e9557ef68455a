import ESP
import FabricCrypto
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

  private static func overhead(of sa: OutboundSA) -> ESPOverhead {
    ESPOverhead(layout: sa.layout, encapsulation: sa.path.encapsulation, outerFamily: sa.path.remote.address.family)
  }
}

extension TunnelSettings {
  /// The same tests measure the path and tell whether it is there.
  fileprivate var testInterval: Duration {
    guard let liveness else { return measurementInterval }
    let interval = Duration.milliseconds(liveness.intervalMilliseconds)
    return measurementInterval > .zero ? min(interval, measurementInterval) : interval
  }
}
