import ControlProtocol
import LinuxNetworking
import Topology
import WireFormat

/// What the supervisor tells the link role.
public enum SupervisorToLink: Codable, Equatable, Sendable {
  /// The site is now this; pre-shared keys are left out. `mtus` gives each tunnel interface's MTU in bytes, by name of
  /// the tunnel.
  case configure(SiteConfiguration, mtus: [String: Int])
  /// Everything that the agent ever set up goes: routing daemons, routes, blackholes, filters, addresses. Then exit.
  case retire
  /// Stop the routing daemons and exit. The blackholes and the filter stay, so that nothing leaks in clear text while
  /// the agent is away.
  case stop
}

/// What the link role tells the supervisor.
public enum LinkToSupervisor: Codable, Equatable, Sendable {
  /// The role takes messages; to a new supervisor it says which program it runs.
  case ready(program: ProgramFile?)
  /// Blackholes and filter of this revision stand: from now on tunnels may come up without leaking clear text.
  case guarded(revision: Int)
  /// The site's networks and those of these sites have exchanged traffic just now.
  case demand(sites: [String])
  /// A line has lost its link: told before anything else is done about it. That it is back is part of `observed`.
  case lineLost(uplink: String)
  /// What the kernel and the routing daemons really do; sent when it changes.
  case observed(LinkObservation)
}

/// What the link role reads back from the kernel and from FRR.
public struct LinkObservation: Codable, Equatable, Sendable {
  /// A tunnel's interface and its routing neighbour.
  public struct TunnelObservation: Codable, Equatable, Sendable {
    /// The tunnel.
    public var tunnel: String
    /// Whether the interface is up and has its address.
    public var isInterfaceUp: Bool
    /// Whether the routing protocol has its neighbour on the interface; with static routes, whether they are in.
    public var hasRoutingNeighbour: Bool
    /// Why not, if something is missing, in words of an engineer.
    public var cause: String?

    /// What was seen of a tunnel.
    public init(tunnel: String, isInterfaceUp: Bool, hasRoutingNeighbour: Bool, cause: String?) {
      self.tunnel = tunnel
      self.isInterfaceUp = isInterfaceUp
      self.hasRoutingNeighbour = hasRoutingNeighbour
      self.cause = cause
    }
  }

  /// The revision that was reconciled.
  public var revision: Int
  /// The ISP lines, with the addresses that they have now.
  public var uplinks: [UplinkStatus]
  /// The tunnels, in the configuration's order.
  public var tunnels: [TunnelObservation]
  /// Protected networks that the kernel routes into a tunnel.
  public var reachablePrefixes: [IPPrefix]
  /// Protected networks that have no such route.
  public var missingPrefixes: [IPPrefix]
  /// What went wrong: a daemon that does not start, a configuration line that FRR refused.
  public var faults: [LinkFault]

  /// What was seen.
  public init(
    revision: Int, uplinks: [UplinkStatus], tunnels: [TunnelObservation], reachablePrefixes: [IPPrefix],
    missingPrefixes: [IPPrefix], faults: [LinkFault]
  ) {
    self.revision = revision
    self.uplinks = uplinks
    self.tunnels = tunnels
    self.reachablePrefixes = reachablePrefixes
    self.missingPrefixes = missingPrefixes
    self.faults = faults
  }
}

/// Something that the link role could not do.
public struct LinkFault: Codable, Equatable, Sendable {
  /// The stage that it keeps the site from.
  public var stage: Stage
  /// What went wrong, in one sentence.
  public var cause: String

  /// A fault.
  public init(stage: Stage, cause: String) {
    self.stage = stage
    self.cause = cause
  }
}
