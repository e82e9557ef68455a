import ControlProtocol
import Foundation
import IKE
import Topology
import WireFormat

/// Which tunnels carry packets: those that have a Child SA, whose line is there, and whose tests are answered. One that is
/// worse than its service level does so only while no better one leads to the same site.
///
/// The answer is the carrier of the tunnel's interface, so that the kernel and every routing protocol act on it at once.
struct TunnelCarriers {
  private var progress: [String: TunnelProgress] = [:]
  private var deadLines: Set<String> = []
  private var addresses: [IPAddress: String] = [:]
  /// What tests tell of the tunnels that are not as they should be.
  private var ailments: [String: TunnelHealth] = [:]
  /// The classes for which tunnels are worse than they ask for, with the causes.
  private var classAilments: [String: [String: String]] = [:]

  /// A report of the ike role; whether the tunnel has got a Child SA by it, or has lost its own.
  @discardableResult
  mutating func received(_ report: IKEReport, at date: Date) -> Bool {
    guard let tunnel = report.connection else { return false }
    let hadChildSA = progress[tunnel]?.childSA != nil
    progress[tunnel, default: TunnelProgress()].received(report.content, at: date)
    return hadChildSA != (progress[tunnel]?.childSA != nil)
  }

  /// The ike role is being started anew: the Child SAs carry on until its successor has others.
  mutating func ikeRestarted() {
    for tunnel in progress.keys { progress[tunnel]?.ikeRestarted() }
  }

  /// The lines as the link role observes them.
  mutating func observed(_ lines: [UplinkStatus]) {
    deadLines = Set(lines.filter { !$0.isUp }.map(\.name))
    for line in lines { if let address = line.address?.address { addresses[address] = line.name } }
  }

  /// A line has just gone.
  mutating func lost(line: String) { deadLines.insert(line) }

  /// What the tests of a tunnel tell.
  mutating func heard(of tunnel: String, _ health: TunnelHealth) {
    ailments[tunnel] = health == .good ? nil : health
  }

  /// For which classes a tunnel is worse than they ask for, and why.
  mutating func heard(of tunnel: String, poorFor classes: [String: String]) { classAilments[tunnel] = classes }

  /// The esp role is being started anew, and has not tested anything yet.
  mutating func espRestarted() {
    ailments = [:]
    classAilments = [:]
  }

  /// Whether packets are to leave by the tunnel now, one of the site's `tunnels`.
  func hasCarrier(_ tunnel: Tunnel, among tunnels: [Tunnel]) -> Bool {
    guard canCarry(tunnel) else { return false }
    guard case .poor = ailments[tunnel.name] else { return true }
    // Better a poor tunnel than none.
    return !tunnels.contains { $0.peerSite == tunnel.peerSite && canCarry($0) && ailments[$0.name] == nil }
  }

  /// Why a tunnel that carries packets is not good enough for a class; nil if it is.
  func reason(against tunnel: Tunnel, for trafficClass: String) -> String? {
    classAilments[tunnel.name]?[trafficClass]
  }

  /// Why no packets are to leave by the tunnel, and for how many milliseconds none have passed, if that is known.
  func reason(against tunnel: Tunnel) -> (cause: String, outageMilliseconds: Int?) {
    if progress[tunnel.name]?.childSA == nil { return (progress[tunnel.name]?.closed ?? "it has no Child SA", nil) }
    switch ailments[tunnel.name] {
    case .silent(let cause, let milliseconds): return (cause, milliseconds)
    case .poor(let cause) where !deadLines.contains(line(of: tunnel)): return (cause, 0)
    case .poor, .good, nil: return ("uplink \(line(of: tunnel)) has lost its link", nil)
    }
  }

  /// The line by which the tunnel's packets leave: a third party's may have moved to another one.
  private func line(of tunnel: Tunnel) -> String {
    progress[tunnel.name]?.localEndpoint.flatMap { addresses[$0.address] } ?? tunnel.uplink
  }

  private func canCarry(_ tunnel: Tunnel) -> Bool {
    if case .silent = ailments[tunnel.name] { return false }
    return progress[tunnel.name]?.childSA != nil && !deadLines.contains(line(of: tunnel))
  }
}
