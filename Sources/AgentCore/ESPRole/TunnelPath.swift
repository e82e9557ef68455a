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

  /// A path that carries what the tunnel's device hands over, unless probes find otherwise.
  init(_ sa: OutboundSA, deviceMTU: Int, measurementInterval: Duration, at now: Instant) {
    path = sa.path
    overhead = TunnelPath.overhead(of: sa)
    cipherImplementation = sa.cipherImplementation
    mtu = PathMTU(
      maximum: overhead.outerLength(innerLength: deviceMTU), outerFamily: sa.path.remote.address.family, at: now)
    measurement = TunnelMeasurement(interval: measurementInterval, at: now)
  }

  /// When one of the two machines wants to be called.
  var nextDeadline: Instant? { [mtu.nextDeadline, measurement.nextDeadline].compactMap(\.self).min() }

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
