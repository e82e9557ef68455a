/// What the controller does with its agents' messages. Called on the listener's thread, one call at a time.
public protocol AgentRegistry: AnyObject, Sendable {
  /// The site that a key is enrolled for now; nil if it is not, or no longer.
  func site(enrolledWith key: CurvePublicKey) -> String?
  /// A message from `site`, which has proved its key; the messages to answer with, at once and on the same connection.
  func received(_ message: AgentMessage, from site: String) -> [ControllerMessage]
  /// A message or connection that was refused.
  func dropped(_ drop: AgentListener.Drop)
  /// The agent of `site` cannot be reached any more.
  func disconnected(_ site: String)
}

extension AgentMessage {
  /// The site that the message says it comes from, where it says so.
  var claimedSite: String? {
    switch self {
    case .hello(let site, _, _): site
    case .status(let status): status.site
    case .accepted, .refused, .certificateRequest, .demand: nil
    }
  }
}
