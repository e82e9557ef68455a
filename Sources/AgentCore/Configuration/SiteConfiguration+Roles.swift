import Topology

extension SiteConfiguration {
  /// The configuration for a role that needs no keys.
  var withoutSecrets: SiteConfiguration {
    var copy = self
    for index in copy.tunnels.indices {
      copy.tunnels[index].postQuantumKey = nil
      guard copy.tunnels[index].authentication.presharedKey != nil else { continue }
      copy.tunnels[index].authentication = .presharedKey(PresharedKey(bytes: []))
    }
    return copy
  }

  /// The configuration with tunnels on demand beside its own.
  func with(_ shortcuts: [Tunnel]) -> SiteConfiguration {
    var copy = self
    copy.tunnels += shortcuts
    return copy
  }

  /// Those of some tunnels that can stand beside the configuration's own.
  func compatible(_ shortcuts: [Tunnel]) -> [Tunnel] {
    let names = Set(tunnels.map(\.name))
    let interfaces = Set(tunnels.map(\.interface))
    return shortcuts.filter { tunnel in
      !names.contains(tunnel.name) && !interfaces.contains(tunnel.interface)
        && uplinks.contains { $0.name == tunnel.uplink } && shortcutPeers.contains { $0.site == tunnel.peerSite }
    }
  }

  /// The MTU of each tunnel's interface in bytes, by name of the tunnel.
  var tunnelMTUs: [String: Int] {
    var mtus: [String: Int] = [:]
    for tunnel in tunnels {
      guard let uplink = uplinks.first(where: { $0.name == tunnel.uplink }) else { continue }
      mtus[tunnel.name] = tunnel.mtu(over: uplink)
    }
    return mtus
  }

  /// What esp must know of each tunnel, by name of the tunnel. A third party's gateway would answer no test, and take every
  /// copy of a packet.
  var tunnelSettings: [String: TunnelSettings] {
    let mtus = tunnelMTUs
    let duplicated = classes.filter(\.isDuplicated).flatMap(\.codePoints)
    let named = classes.compactMap { named in named.serviceLevel.map { (named.name, $0) } }
    let levels = Dictionary(named) { first, _ in first }
    let settings = tunnels.compactMap { tunnel in
      mtus[tunnel.name].map { mtu in
        let interval = Duration.milliseconds(tunnel.peerIsManaged ? measurementMilliseconds : 0)
        let settings = TunnelSettings(
          mtu: mtu, measurementInterval: interval, liveness: tunnel.liveness, serviceLevel: tunnel.serviceLevel,
          classLevels: tunnel.peerIsManaged ? levels : [:], peerSite: tunnel.peerSite,
          duplicatedCodePoints: tunnel.peerIsManaged ? duplicated : [])
        return (tunnel.name, settings)
      }
    }
    return Dictionary(settings) { first, _ in first }
  }
}
