/// Turns a topology into one configuration per site.
public enum Compiler {
  /// Compiles a validated topology.
  ///
  /// - Parameters:
  ///   - topology: the network.
  ///   - revision: the revision that the configurations will carry, counting from 1.
  ///   - allocations: what earlier revisions handed out; new tunnels are added, vanished ones are forgotten.
  ///   - presharedKey: the key of a pair of sites for which the file gives none.
  /// - Returns: the configuration of each managed site, by name, each with its own secrets only.
  public static func compile(
    _ topology: TopologyDocument, revision: Int, allocations: inout Allocations,
    presharedKey: (SitePair) throws -> PresharedKey
  ) rethrows -> [String: SiteConfiguration] {
    [:]
  }
}
