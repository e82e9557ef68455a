import Certificates
import Topology
import WireFormat

/// What makes an agent refuse a configuration, though it decodes: it is not for this site, is older than what the site
/// has, or contradicts itself.
public struct ConfigurationCheck: Sendable {
  /// The site of this agent.
  public let site: String
  /// The revision that it has; 0 for none.
  public let currentRevision: Int

  /// A check for one agent.
  public init(site: String, currentRevision: Int) {
    self.site = site
    self.currentRevision = currentRevision
  }

  /// Why the configuration is refused, one sentence each; empty if it is good.
  public func problems(of configuration: SiteConfiguration) -> [String] {
    var problems: [String] = []
    if configuration.site != site { problems.append("it is for site \(configuration.site), this is \(site)") }
    if configuration.revision < currentRevision {
      problems.append("revision \(configuration.revision) is older than revision \(currentRevision), which runs")
    }
    let interfaces =
      configuration.tunnels.map(\.interface) + configuration.uplinks.map(\.interface)
      + configuration.lans.map(\.interface)
    problems += duplicates(interfaces).map { "interface \($0) is used twice" }
    problems += duplicates(configuration.tunnels.map(\.name)).map { "tunnel \($0) comes twice" }
    problems += duplicates(configuration.uplinks.map(\.name)).map { "uplink \($0) comes twice" }
    problems += interfaces.filter { !isInterfaceName($0) }.map { "'\($0)' cannot be an interface's name" }
    return problems + configuration.tunnels.flatMap { self.problems(of: $0, uplinks: configuration.uplinks) }
  }

  private func problems(of tunnel: Tunnel, uplinks: [Uplink]) -> [String] {
    var problems: [String] = []
    guard uplinks.contains(where: { $0.name == tunnel.uplink }) else {
      return ["tunnel \(tunnel.name): there is no uplink \(tunnel.uplink)"]
    }
    if tunnel.authentication.presharedKey?.bytes.isEmpty == true {
      problems.append("tunnel \(tunnel.name): it has no pre-shared key")
    }
    if case .certificate(.thirdParty(let authorities)) = tunnel.authentication,
      authorities.contains(where: { (try? TrustAnchor(certificate: [UInt8]($0))) == nil })
    {
      problems.append("tunnel \(tunnel.name): a certificate of its authorities cannot be used")
    }
    if tunnel.ike.postQuantumKey != nil, tunnel.postQuantumKey == nil {
      problems.append("tunnel \(tunnel.name): it has no post-quantum preshared key")
    }
    if tunnel.initiates && tunnel.remoteAddress == nil {
      problems.append("tunnel \(tunnel.name): it is to initiate, but the peer has no address")
    }
    do {
      _ = try tunnel.connection(localAddress: nil)
    } catch {
      problems.append("tunnel \(tunnel.name): \(error)")
    }
    return problems
  }

  /// What Linux takes as the name of an interface, and no path or option besides.
  private func isInterfaceName(_ name: String) -> Bool {
    (1...15).contains(name.utf8.count) && name.first != "-" && name != "." && name != ".."
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\"") }
  }

  private func duplicates(_ names: [String]) -> [String] {
    Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
  }
}
