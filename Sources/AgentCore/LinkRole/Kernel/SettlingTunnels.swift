import Topology
import WireFormat

/// Which tunnels have not had their carrier for long: they carry other sites' traffic only where no other tunnel does.
///
/// A hub that comes back has its tunnels one after the other. A branch that took the topology's own route as soon as its own
/// tunnel is there would send to a hub that the other branch, behind a NAT, has not called yet. So the way by a hub that
/// is new waits, as a router that returns to a group of VRRP delays its pre-emption. Routes that a protocol has learned
/// do not wait: they are there when the hub has the other branch.
struct SettlingTunnels {
  /// As long as a branch may take to call a hub again that was away.
  static let patience = Duration.seconds(30)

  /// Since when an interface has its carrier, by the kernel's number.
  private var carriers: [Int32: Instant] = [:]
  private var hasLooked = false
  /// When the next tunnel has settled, if nothing happens before.
  private(set) var nextChange: Instant?

  /// Looks at the interfaces of a site's tunnels and returns those that have not settled. What has its carrier at the first
  /// look of all had it already under an earlier link role.
  mutating func update(_ tunnels: [Tunnel], _ observed: ObservedKernelState, at now: Instant) -> Set<String> {
    let present = observed.interfaces.values.filter(\.hasCarrier).map(\.index)
    let since = hasLooked ? now : now.advanced(by: .zero - SettlingTunnels.patience)
    carriers = Dictionary(present.map { ($0, carriers[$0] ?? since) }) { first, _ in first }
    hasLooked = true
    let settling = tunnels.filter { settled(of: $0, observed).map { $0 > now } ?? true }
    nextChange = settling.compactMap { settled(of: $0, observed) }.min()
    return Set(settling.map(\.name))
  }

  /// When a tunnel that has its carrier is settled.
  private func settled(of tunnel: Tunnel, _ observed: ObservedKernelState) -> Instant? {
    observed.interfaces[tunnel.interface].flatMap { carriers[$0.index] }?.advanced(by: SettlingTunnels.patience)
  }
}
