import ControlProtocol

/// How an agent was started.
public struct AgentSettings: Sendable {
  /// Who it is, and whom it obeys.
  public var identity: AgentIdentity
  /// Where it keeps its configuration.
  public var stateDirectory: String
  /// The name of its FRR instance, distinct on one machine.
  public var name: String
  /// The product's version.
  public var version: String

  /// The settings of one agent.
  public init(identity: AgentIdentity, stateDirectory: String, name: String, version: String) {
    self.identity = identity
    self.stateDirectory = stateDirectory
    self.name = name
    self.version = version
  }
}
