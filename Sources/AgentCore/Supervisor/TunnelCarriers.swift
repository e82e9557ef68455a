import ControlProtocol
import Foundation
import IKE
import Topology

/// Which tunnels can carry packets: those that have a Child SA, whose line is there, and whose tests are answered.
///
/// The answer is the carrier of the tunnel's interface, so that the kernel and every routing protocol act on it at once.
struct TunnelCarriers {
  private var progress: [String: TunnelProgress] = [:]
  private var deadLines: Set<String> = []
  private var silent: Set<String> = []

  /// A report of the ike role.
  mutating func received(_ report: IKEReport, at date: Date) {
    guard let tunnel = report.connection else { return }
    progress[tunnel, default: TunnelProgress()].received(report.content, at: date)
  }

  /// The ike role is being started anew: the Child SAs carry on until its successor has others.
  mutating func ikeRestarted() {
    for tunnel in progress.keys { progress[tunnel]?.ikeRestarted() }
  }

  /// The lines as the link role observes them.
  mutating func observed(_ lines: [UplinkStatus]) { deadLines = Set(lines.filter { !$0.isUp }.map(\.name)) }

  /// A line has just gone.
  mutating func lost(line: String) { deadLines.insert(line) }

  /// The tests of a tunnel tell that it carries packets, or none.
  mutating func heard(of tunnel: String, isAlive: Bool) {
    if isAlive { silent.remove(tunnel) } else { silent.insert(tunnel) }
  }

  /// The esp role is being started anew, and knows of no silence.
  mutating func espRestarted() { silent = [] }

  /// Whether a packet that leaves by the tunnel now has any chance.
  func hasCarrier(_ tunnel: Tunnel) -> Bool {
    progress[tunnel.name]?.childSA != nil && !deadLines.contains(tunnel.uplink) && !silent.contains(tunnel.name)
  }
}
