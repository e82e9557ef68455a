import Foundation
import Topology

/// The bodies of the controller's HTTP/JSON API, shared by the controller and the command line.
///
/// | method and path | request | answer |
/// |---|---|---|
/// | `POST /v1/plan` | the YAML | `API.Plan` |
/// | `POST /v1/apply` | the YAML | `API.Applied` |
/// | `GET /v1/status` | | `API.NetworkStatus` |
/// | `GET /v1/revisions` | | `[API.Revision]` |
/// | `GET /v1/revisions/N` | | the YAML of revision N |
/// | `POST /v1/revisions/N/rollback` | | `API.Applied` |
/// | `PUT /v1/sites/NAME/agent` | `API.Enrolment` | `API.ControllerIdentity` |
/// | `DELETE /v1/sites/NAME/agent` | | nothing: the key is revoked, in a live session too |
/// | `GET /v1/identity` | | `API.ControllerIdentity` |
/// | `GET /v1/version` | | `API.Version` |
/// | `GET /metrics` | | text for Prometheus |
///
/// `plan` and `apply` take the file's name for their errors as the query `file`. An error is `API.Failure` with a 4xx or
/// 5xx status; 422 is a topology that did not pass its checks, with one entry of `details` an error.
public enum API {
  /// What would change, or has changed, from the current revision.
  public struct Plan: Codable, Equatable, Sendable {
    /// The change of one thing.
    public enum Kind: String, Codable, Sendable {
      /// It is new.
      case add
      /// It stays, but differently.
      case change
      /// It goes.
      case remove
    }

    /// One line of a plan.
    public struct Change: Codable, Equatable, Sendable {
      /// What happens.
      public var kind: Kind
      /// The site that it happens at.
      public var site: String
      /// The tunnel, or nil for the site itself.
      public var tunnel: String?
      /// What differs, one short sentence each: `ipsec lifetime: 3600s → 1800s`.
      public var details: [String]

      /// A line of a plan.
      public init(kind: Kind, site: String, tunnel: String?, details: [String]) {
        self.kind = kind
        self.site = site
        self.tunnel = tunnel
        self.details = details
      }
    }

    /// The revision that the plan starts from; 0 for none.
    public var fromRevision: Int
    /// The changes, by site and tunnel; empty if nothing would change.
    public var changes: [Change]

    /// A plan.
    public init(fromRevision: Int, changes: [Change]) {
      self.fromRevision = fromRevision
      self.changes = changes
    }
  }

  /// The result of storing a revision.
  public struct Applied: Codable, Equatable, Sendable {
    /// The new current revision; the old one where nothing changed.
    public var revision: Int
    /// What changed.
    public var plan: Plan

    /// A stored revision.
    public init(revision: Int, plan: Plan) {
      self.revision = revision
      self.plan = plan
    }
  }

  /// A stored revision, without its text.
  public struct Revision: Codable, Equatable, Sendable {
    /// Counting from 1.
    public var number: Int
    /// When it was stored.
    public var createdAt: Date
    /// Why it exists: `apply`, or `rollback to 3`.
    public var origin: String
    /// The topology's name.
    public var topology: String
    /// SHA-256 of the YAML, in hexadecimal.
    public var digest: String
    /// Whether it is the current one.
    public var isCurrent: Bool

    /// A stored revision.
    public init(number: Int, createdAt: Date, origin: String, topology: String, digest: String, isCurrent: Bool) {
      self.number = number
      self.createdAt = createdAt
      self.origin = origin
      self.topology = topology
      self.digest = digest
      self.isCurrent = isCurrent
    }
  }

  /// One site as the controller knows it.
  public struct SiteState: Codable, Equatable, Sendable {
    /// The site.
    public var site: String
    /// Whether Fabric runs there, or it is a third party's gateway.
    public var isManaged: Bool
    /// Whether its agent is connected now.
    public var isConnected: Bool
    /// When its agent was last heard.
    public var lastSeen: Date?
    /// The revision that it should run.
    public var desiredRevision: Int
    /// Whether the site runs the desired revision and every tunnel of it is up.
    public var isConverged: Bool
    /// What stands in the way: the stage and the cause, one each; empty when converged.
    public var faults: [Fault]
    /// Its last report.
    public var status: SiteStatus?

    /// A site's state.
    public init(
      site: String, isManaged: Bool, isConnected: Bool, lastSeen: Date?, desiredRevision: Int, isConverged: Bool,
      faults: [Fault], status: SiteStatus?
    ) {
      self.site = site
      self.isManaged = isManaged
      self.isConnected = isConnected
      self.lastSeen = lastSeen
      self.desiredRevision = desiredRevision
      self.isConverged = isConverged
      self.faults = faults
      self.status = status
    }
  }

  /// The whole network as the controller knows it.
  public struct NetworkStatus: Codable, Equatable, Sendable {
    /// The topology's name; nil before the first apply.
    public var topology: String?
    /// The current revision; 0 before the first apply.
    public var revision: Int
    /// Every site, by name.
    public var sites: [SiteState]

    /// The network's status.
    public init(topology: String?, revision: Int, sites: [SiteState]) {
      self.topology = topology
      self.revision = revision
      self.sites = sites
    }
  }

  /// Registers the CURVE public key with which a site's agent will connect.
  public struct Enrolment: Codable, Equatable, Sendable {
    /// The agent's public key, 40 characters of Z85.
    public var publicKey: String

    /// An enrolment.
    public init(publicKey: String) { self.publicKey = publicKey }
  }

  /// What an agent must know of its controller.
  public struct ControllerIdentity: Codable, Equatable, Sendable {
    /// The controller's CURVE public key, 40 characters of Z85.
    public var publicKey: String
    /// The ZeroMQ endpoint that agents connect to.
    public var endpoint: String

    /// A controller's identity.
    public init(publicKey: String, endpoint: String) {
      self.publicKey = publicKey
      self.endpoint = endpoint
    }
  }

  /// The versions of a running controller.
  public struct Version: Codable, Equatable, Sendable {
    /// The product's version.
    public var version: String

    /// A version.
    public init(version: String) { self.version = version }
  }

  /// Why a request failed.
  public struct Failure: Codable, Error, Equatable, Sendable {
    /// One sentence.
    public var message: String
    /// Validation errors and the like, one line each, as they should be printed.
    public var details: [String]

    /// A failure.
    public init(message: String, details: [String] = []) {
      self.message = message
      self.details = details
    }
  }
}
