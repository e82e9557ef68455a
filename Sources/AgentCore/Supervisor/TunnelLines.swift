import ControlProtocol
import Topology
import WireFormat

/// Which line carries a tunnel.
///
/// Between our own gateways each two lines have a tunnel of their own, and routing chooses. A third party may have set up one
/// of them alone: while its line is gone it goes on by another one, and the peer, which may notice sooner, is told where else
/// we are (MOBIKE, RFC 4555).
struct TunnelLines {
  private struct Line {
    let name: String
    let address: IPAddress
    let isUp: Bool
  }

  private let lines: [Line]

  /// The lines that have sockets, in the order in which they are observed.
  init(_ observed: [UplinkStatus], sockets: [String: IPAddress]) {
    let states = Dictionary(observed.map { ($0.name, $0.isUp) }) { first, _ in first }
    let known = observed.map(\.name) + sockets.keys.filter { states[$0] == nil }.sorted()
    lines = known.compactMap { name in sockets[name].map { Line(name: name, address: $0, isUp: states[name] ?? true) } }
  }

  /// The name of the line that is to carry the tunnel now, and our address there; nil while it has none.
  func line(of tunnel: Tunnel) -> (name: String, address: IPAddress?) {
    let own = lines.first { $0.name == tunnel.uplink }
    guard own?.isUp != true, let other = others(of: tunnel).first(where: \.isUp) else {
      return (tunnel.uplink, own?.address)
    }
    return (other.name, other.address)
  }

  /// Where else the tunnel's peer may turn.
  func additionalAddresses(of tunnel: Tunnel) -> [IPAddress] {
    let line = line(of: tunnel).name
    let own = lines.filter { $0.name == tunnel.uplink && $0.name != line }
    return (own + others(of: tunnel).filter { $0.name != line }).map(\.address)
  }

  private func others(of tunnel: Tunnel) -> [Line] {
    guard !tunnel.peerIsManaged else { return [] }
    return lines.filter { line in
      line.name != tunnel.uplink && tunnel.remoteAddress.map { $0.family == line.address.family } ?? true
    }
  }
}
