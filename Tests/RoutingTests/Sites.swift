import Foundation
import Topology

/// The configurations of the topologies that come with Fabric, and of variations of them.
enum Sites {
  /// Compiles `topologies/NAME.yaml`, with pieces of its text replaced first.
  static func compile(_ name: String, replacing pieces: [(String, String)] = []) throws -> [String: SiteConfiguration] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "topologies")
    var text = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
    for (old, new) in pieces { text = text.replacingOccurrences(of: old, with: new) }
    var allocations = Allocations()
    return Compiler.compile(
      try TopologyDocument.parse(text, file: "\(name).yaml"), revision: 1, allocations: &allocations
    ) { _ in
      PresharedKey(bytes: [1, 2, 3])
    } postQuantumKey: { _ in
      PresharedKey(bytes: [4, 5, 6])
    } ospfKey: { _ in
      PresharedKey(bytes: Array(1...32))
    }
  }

  /// The examples' names.
  static let names = [
    "two-site", "hub-and-spoke", "full-mesh", "dual-isp", "dual-hub", "ipv6", "bgp", "partial-mesh", "two-regions",
    "cloud",
  ]
}
