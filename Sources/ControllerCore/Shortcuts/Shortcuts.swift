import Foundation
import Topology

/// What shortcuts of a revision are made of.
struct ShortcutGround: Sendable {
  /// The topology.
  let document: TopologyDocument
  /// What its own tunnels were given.
  let allocations: Allocations
  /// Seconds without demand after which a shortcut goes.
  let idle: TimeInterval
}

/// The shortcuts that are there now: a pair of spokes has one from its first demand until there was none for a while.
///
/// They live in memory alone: what is lost with the controller, the next demand brings back.
struct Shortcuts: Sendable {
  private var ground: ShortcutGround?
  /// When there was traffic last, by pair.
  private var lastDemand: [SitePair: Date] = [:]
  private var keys: [SitePair: ShortcutKeys] = [:]
  /// The ends of the tunnels, by site.
  private var tunnels: [String: [Tunnel]] = [:]

  /// Goes on with another revision: pairs that it allows keep their shortcuts.
  mutating func adopt(_ ground: ShortcutGround?) {
    self.ground = ground
    compile()
  }

  /// Takes note of traffic between a site and others.
  mutating func demand(from site: String, to peers: [String], at now: Date) {
    guard let ground else { return }
    let known = keys.count
    for peer in peers where ground.document.allowsShortcut(between: site, peer) {
      let pair = SitePair(site, peer)
      lastDemand[pair] = now
      if keys[pair] == nil { keys[pair] = ShortcutKeys(preshared: .random(), postQuantum: .random(), ospf: .random()) }
    }
    if keys.count > known { compile() }
  }

  /// The site's ends of all shortcuts; nil where the topology has no shortcuts at all.
  mutating func tunnels(of site: String, at now: Date) -> [Tunnel]? {
    guard let ground else { return nil }
    let idle = lastDemand.filter { now.timeIntervalSince($0.value) >= ground.idle }.map(\.key)
    for pair in idle {
      lastDemand[pair] = nil
      keys[pair] = nil
    }
    if !idle.isEmpty { compile() }
    return tunnels[site] ?? []
  }

  private mutating func compile() {
    guard let ground else {
      self = Shortcuts()
      return
    }
    var allocations = ground.allocations
    tunnels = Compiler.shortcuts(keys, in: ground.document, allocations: &allocations)
  }
}
