import ControlProtocol
import Foundation
import GRDB
import Topology

/// Everything that outlives the controller, in SQLite: revisions, what was handed out, secrets, enrolled keys.
///
/// Every change is one transaction, on the disk before it is acknowledged (DESIGN.md section 5, invariant 7). All
/// methods throw `StoreFailure`.
public final class Store: Sendable {
  private let queue: DatabaseQueue

  /// Opens or makes the database, checks it and brings it to the current schema.
  public init(_ directory: StateDirectory) throws {
    let path = try directory.databaseFile()
    queue = try StoreFailure.translating {
      var configuration = Configuration()
      configuration.journalMode = .wal
      configuration.busyMode = .timeout(2)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // GRDB sets NORMAL along with WAL, which may lose the last commits when power fails.
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      let findings = try queue.read { try String.fetchAll($0, sql: "PRAGMA quick_check(1)") }
      guard findings == ["ok"] else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
      try Schema.migrator.migrate(queue)
      return queue
    }
  }

  /// Runs `body` with the raw database, for tests of what happens when it fails.
  func withDatabase<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.writeWithoutTransaction(body)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try StoreFailure.translating { try queue.read(body) }
  }

  /// Runs `body` in one transaction.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try StoreFailure.translating { try queue.write(body) }
  }

  // MARK: Revisions

  /// The current revision with all that belongs to it.
  func baseline() throws -> Baseline {
    try StoreFailure.translating { try queue.read(Self.baseline) }
  }

  /// Stores a proposal as the current revision, in one transaction: a half-applied revision is never observable.
  func apply(_ proposal: Proposal, origin: String, at time: Date) throws {
    try StoreFailure.translating {
      try queue.write { try Self.insert(proposal, origin: origin, at: time, $0) }
    }
  }

  /// All revisions, the newest first.
  func revisions() throws -> [API.Revision] {
    try StoreFailure.translating {
      try queue.read { database in
        let rows = try Row.fetchAll(
          database, sql: "SELECT number, createdAt, origin, topology, digest FROM revision ORDER BY number DESC")
        return rows.enumerated().map { index, row in
          API.Revision(
            number: row["number"], createdAt: row["createdAt"], origin: row["origin"], topology: row["topology"],
            digest: row["digest"], isCurrent: index == 0)
        }
      }
    }
  }

  /// The YAML of a revision; nil if there is no such revision.
  func text(ofRevision number: Int) throws -> [UInt8]? {
    try StoreFailure.translating {
      try queue.read { database in
        try Data.fetchOne(database, sql: "SELECT text FROM revision WHERE number = ?", arguments: [number])
      }
    }
    .map { [UInt8]($0) }
  }

  private static func baseline(_ database: Database) throws -> Baseline {
    let last = "SELECT number, topology, digest, text, allocations FROM revision ORDER BY number DESC LIMIT 1"
    guard let row = try Row.fetchOne(database, sql: last) else { return Baseline() }
    var baseline = Baseline(revision: row["number"], topology: row["topology"], digest: row["digest"])
    baseline.document = try? TopologyDocument.parse([UInt8](row["text"] as Data), file: "revision \(baseline.revision)")
    baseline.allocations = try MessageCoding.decode(Allocations.self, from: row["allocations"] as Data)
    for row in try Row.fetchAll(database, sql: "SELECT site, configuration FROM siteConfiguration") {
      let configuration = try MessageCoding.decode(SiteConfiguration.self, from: row["configuration"] as Data)
      baseline.configurations[row["site"]] = configuration
    }
    baseline.secrets = try keys(in: "pairSecret", database)
    baseline.postQuantumKeys = try keys(in: "pairPostQuantumKey", database)
    baseline.ospfKeys = try keys(in: "pairOSPFKey", database)
    return baseline
  }

  /// The keys by pair of sites in one of the tables that have them.
  private static func keys(in table: String, _ database: Database) throws -> [SitePair: PresharedKey] {
    var keys: [SitePair: PresharedKey] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT first, second, secret FROM \(table)") {
      keys[SitePair(row["first"], row["second"])] = PresharedKey(bytes: [UInt8](row["secret"] as Data))
    }
    return keys
  }

  private static func replace(
    _ keys: [SitePair: PresharedKey], in table: String, _ database: Database
  ) throws {
    try database.execute(sql: "DELETE FROM \(table)")
    for (pair, secret) in keys {
      try database.execute(
        sql: "INSERT INTO \(table) (first, second, secret) VALUES (?,?,?)",
        arguments: [pair.first, pair.second, Data(secret.bytes)])
    }
  }

  private static func insert(_ proposal: Proposal, origin: String, at time: Date, _ database: Database) throws {
    let result = proposal.result
    try database.execute(
      sql:
        "INSERT INTO revision (number, createdAt, origin, topology, digest, text, allocations) VALUES (?,?,?,?,?,?,?)",
      arguments: [
        result.revision, time, origin, result.topology, result.digest, Data(proposal.text),
        try MessageCoding.encode(result.allocations),
      ])
    try database.execute(sql: "DELETE FROM siteConfiguration")
    for (site, configuration) in result.configurations {
      try database.execute(
        sql: "INSERT INTO siteConfiguration (site, configuration) VALUES (?,?)",
        arguments: [site, try MessageCoding.encode(configuration)])
    }
    try replace(result.secrets, in: "pairSecret", database)
    try replace(result.postQuantumKeys, in: "pairPostQuantumKey", database)
    try replace(result.ospfKeys, in: "pairOSPFKey", database)
  }

  // MARK: Enrolled agents

  /// The site of each enrolled key.
  func enrolledKeys() throws -> [CurvePublicKey: String] {
    try StoreFailure.translating {
      try queue.read { database in
        var sites: [CurvePublicKey: String] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT site, publicKey FROM agentKey") {
          guard let key = CurvePublicKey(row["publicKey"] as String) else { continue }
          sites[key] = row["site"]
        }
        return sites
      }
    }
  }

  /// Gives a site its key, in place of the one it may have had. Throws `DatabaseError` as `StoreFailure`.
  func enrol(_ key: CurvePublicKey, for site: String) throws {
    try StoreFailure.translating {
      try queue.write { database in
        try database.execute(
          sql: "INSERT INTO agentKey (site, publicKey) VALUES (?,?) ON CONFLICT (site) DO UPDATE SET publicKey = ?",
          arguments: [site, key.description, key.description])
      }
    }
  }

  /// Takes a site's key away, and withdraws its certificates; false if it had no key.
  func revokeKey(of site: String, at now: Date) throws -> Bool {
    try StoreFailure.translating {
      try queue.write { database in
        try database.execute(sql: "DELETE FROM agentKey WHERE site = ?", arguments: [site])
        guard database.changesCount > 0 else { return false }
        try database.execute(
          sql: "UPDATE certificate SET revokedAt = COALESCE(revokedAt, ?), isWithdrawn = TRUE WHERE site = ?",
          arguments: [now, site])
        return true
      }
    }
  }
}
