import COpenSSL
import ControlProtocol
import Topology

/// The current revision, and everything that the next one builds on.
struct Baseline: Equatable, Sendable {
  /// The revision's number; 0 before the first.
  var revision = 0
  /// The topology's name; empty before the first revision.
  var topology = ""
  /// SHA-256 of the text in hexadecimal; empty before the first revision.
  var digest = ""
  /// The topology itself; nil before the first revision, or where this version cannot read the text any more.
  var document: TopologyDocument?
  /// Interface numbers and tunnel networks handed out so far.
  var allocations = Allocations()
  /// What each managed site is told.
  var configurations: [String: SiteConfiguration] = [:]
  /// The keys that the controller made, by pair of sites.
  var secrets: [SitePair: PresharedKey] = [:]
  /// The post-quantum preshared keys that it made.
  var postQuantumKeys: [SitePair: PresharedKey] = [:]
  /// The keys that it made for OSPF.
  var ospfKeys: [SitePair: PresharedKey] = [:]
}

/// A revision that is worked out and not yet stored.
struct Proposal: Sendable {
  /// The YAML.
  let text: [UInt8]
  /// What would be current.
  let result: Baseline
  /// What would change.
  let plan: API.Plan
  /// Whether storing it would make any difference.
  let isNew: Bool
}

/// Text and baseline in, proposal out: the same for `plan`, which throws it away, and `apply`, which stores it.
enum Planner {
  /// Works a topology out on top of the current revision.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its name, for the errors only.
  ///   - generateKey: a fresh 256-bit key, called once for each key of each new pair of sites.
  /// - Throws: everything that is wrong with the text.
  static func propose(
    _ text: [UInt8], file: String, on old: Baseline, generateKey: () -> PresharedKey = PresharedKey.random
  ) throws(ValidationFailure) -> Proposal {
    let document = try TopologyDocument.parse(text, file: file)
    var new = Baseline(revision: old.revision + 1, topology: document.name, digest: digest(of: text))
    new.document = document
    new.allocations = old.allocations
    // Keys of pairs that are gone are not carried over: a pair that comes back gets a fresh one.
    var secrets: [SitePair: PresharedKey] = [:]
    var postQuantumKeys: [SitePair: PresharedKey] = [:]
    var ospfKeys: [SitePair: PresharedKey] = [:]
    new.configurations = Compiler.compile(
      document, revision: new.revision, allocations: &new.allocations,
      presharedKey: { pair in
        let key = secrets[pair] ?? old.secrets[pair] ?? generateKey()
        secrets[pair] = key
        return key
      },
      postQuantumKey: { pair in
        let key = postQuantumKeys[pair] ?? old.postQuantumKeys[pair] ?? generateKey()
        postQuantumKeys[pair] = key
        return key
      },
      ospfKey: { pair in
        let key = ospfKeys[pair] ?? old.ospfKeys[pair] ?? generateKey()
        ospfKeys[pair] = key
        return key
      })
    new.secrets = secrets
    new.postQuantumKeys = postQuantumKeys
    new.ospfKeys = ospfKeys
    let changes = ConfigurationChange.between(old.configurations, new.configurations)
    return Proposal(
      text: text, result: new, plan: API.Plan(fromRevision: old.revision, changes: changes.map(API.Plan.Change.init)),
      isNew: new.digest != old.digest || !new.configuresTheSame(as: old))
  }

  /// SHA-256 in hexadecimal.
  static func digest(of text: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    // Cannot fail but for want of memory; an empty digest equals none.
    guard EVP_Digest(text, text.count, &digest, &count, EVP_sha256(), nil) == 1 else { return "" }
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: digest.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension Baseline {
  /// Whether every site is told the same, but for the revision's number.
  fileprivate func configuresTheSame(as other: Baseline) -> Bool {
    configurations.mapValues { $0.numbered(0) } == other.configurations.mapValues { $0.numbered(0) }
  }
}

extension SiteConfiguration {
  fileprivate func numbered(_ revision: Int) -> SiteConfiguration {
    var copy = self
    copy.revision = revision
    return copy
  }
}

extension PresharedKey {
  /// 256 bits from the operating system.
  static func random() -> PresharedKey {
    var generator = SystemRandomNumberGenerator()
    return PresharedKey(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }
}

extension API.Plan.Change {
  fileprivate init(_ change: ConfigurationChange) {
    let kind: API.Plan.Kind =
      switch change.kind {
      case .add: .add
      case .change: .change
      case .remove: .remove
      }
    self.init(kind: kind, site: change.site, tunnel: change.tunnel, details: change.details)
  }
}
