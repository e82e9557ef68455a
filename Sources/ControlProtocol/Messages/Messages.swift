import Foundation
import Topology

/// What an agent says to its controller.
public enum AgentMessage: Codable, Equatable, Sendable {
  /// First message of every connection: who, which version, and the revision it holds (0 for none).
  case hello(site: String, version: String, revision: Int)
  /// The pushed revision is verified and saved: from now on a restart comes back with it.
  case accepted(revision: Int)
  /// The pushed revision was refused; the agent stays on the one it had.
  case refused(revision: Int, reason: String)
  /// What the site observes, sent on every change and at least every few seconds.
  case status(SiteStatus)
  /// A PKCS #10 request in DER: certify the key that this gateway has made, with the identities of its site.
  case certificateRequest(Data)
  /// The networks of this site and of these others have exchanged traffic just now: shortcuts are welcome, or still are.
  case demand(sites: [String])
}

/// What a controller says to an agent.
public enum ControllerMessage: Codable, Equatable, Sendable {
  /// The site's part of a revision.
  case configuration(SiteConfiguration)
  /// The site is no longer in the topology: take everything down.
  case retire(revision: Int)
  /// The network's certification authority, ahead of a configuration with tunnels that authenticate by certificate: its
  /// own certificate, and the list of those that it has taken back, both in DER.
  case authority(certificate: Data, revocationList: Data)
  /// The certificate for the key of the last request, in DER.
  case certificate(Data)
  /// The tunnels of shortcuts that the site has from now on, beside those of its configuration. They are not kept: after
  /// a restart, traffic goes by the hubs until they come again.
  case shortcuts([Tunnel])
}
