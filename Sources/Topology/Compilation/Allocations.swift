import WireFormat

/// What the controller hands out once and keeps: VTI numbers and numbered tunnels' networks, by tunnel name.
///
/// It is stored with every revision, so that a tunnel keeps its interface and addresses for as long as it lives, and
/// a number is never used again for another tunnel.
public struct Allocations: Codable, Equatable, Sendable {
  /// The VTI number of each tunnel: `vti7` has 7.
  public internal(set) var interfaceNumbers: [String: Int] = [:]
  /// The number that the next new tunnel gets.
  public internal(set) var nextInterfaceNumber = 1
  /// The network of each numbered tunnel.
  public internal(set) var networks: [String: IPPrefix] = [:]

  /// Nothing handed out.
  public init() {}
}
