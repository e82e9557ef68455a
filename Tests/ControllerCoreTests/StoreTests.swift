import ControlProtocol
import Foundation
import GRDB
import Testing
import Topology

@testable import ControllerCore

@Suite("The store")
struct StoreTests {
  private let temporary: TemporaryDirectory
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws { temporary = try TemporaryDirectory() }

  private var state: String { temporary.path + "/state" }
  private func open() throws -> Store { try Store(try StateDirectory(path: state)) }

  @Test("a stored revision is there after the store is opened again, with everything that belongs to it")
  func revisionsLast() throws {
    let expected = try Sample.baseline()
    try {
      let store = try open()
      #expect(try store.baseline() == Baseline())
      try store.apply(Sample.proposal(expected, text: "one"), origin: "apply", at: now)
      #expect(try store.baseline() == expected)
    }()
    let store = try open()
    #expect(try store.baseline() == expected)
    #expect(try store.text(ofRevision: 1) == Array("one".utf8))
    #expect(try store.text(ofRevision: 2) == nil)
  }

  @Test("revisions are listed from the newest, which is the current one")
  func revisionsAreListed() throws {
    let store = try open()
    for revision in 1...3 {
      let result = try Sample.baseline(revision: revision)
      try store.apply(Sample.proposal(result), origin: revision == 3 ? "rollback to 1" : "apply", at: now)
    }
    let revisions = try store.revisions()
    #expect(revisions.map(\.number) == [3, 2, 1])
    #expect(revisions.map(\.isCurrent) == [true, false, false])
    #expect(revisions.first?.origin == "rollback to 1")
    #expect(revisions.first?.createdAt == now)
    #expect(revisions.first?.topology == "acme")
  }

  @Test("when the disk fills up in the middle of an apply, the old revision stands whole, and the error says so")
  func fullDisk() throws {
    let store = try open()
    let first = try Sample.baseline()
    try store.apply(Sample.proposal(first), origin: "apply", at: now)
    try store.withDatabase { database in
      let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
      try database.execute(sql: "PRAGMA max_page_count = \(pages + 1)")
    }
    let second = try Sample.baseline(revision: 2, secret: 2)
    let failure = #expect(throws: StoreFailure.self) {
      try store.apply(
        Sample.proposal(second, text: String(repeating: "x", count: 1 << 20)), origin: "apply", at: now)
    }
    #expect(failure?.description.contains("disk is full") == true)
    #expect(try store.baseline() == first)
    #expect(try store.revisions().count == 1)
  }

  @Test("a database that another process holds is an error after a while, not a wait for ever")
  func lockedDatabase() throws {
    let store = try open()
    let other = try DatabaseQueue(path: state + "/controller.sqlite")
    try other.writeWithoutTransaction { database in
      try database.execute(sql: "BEGIN IMMEDIATE")
      let failure = #expect(throws: StoreFailure.self) { try store.revokeKey(of: "paris", at: Date()) }
      #expect(failure?.description.contains("locked") == true)
      try database.execute(sql: "ROLLBACK")
    }
  }

  @Test("a damaged database is named as such, and is not replaced", arguments: ["garbage", "header"])
  func damagedDatabase(damage: String) throws {
    try {
      let store = try open()
      let result = try Sample.baseline()
      try store.apply(Sample.proposal(result), origin: "apply", at: now)
    }()
    let path = state + "/controller.sqlite"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    if damage == "garbage" {
      bytes = Data(repeating: 0x5a, count: bytes.count)
    } else {
      bytes[200...] = Data(repeating: 0xff, count: bytes.count - 200)
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    let failure = #expect(throws: StoreFailure.self) { try open() }
    #expect(failure?.description.contains("damaged") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == bytes.count)
  }

  @Test("commits are flushed to the disk, and files are their owner's alone")
  func durability() throws {
    let store = try open()
    let (synchronous, journal) = try store.withDatabase { database in
      (
        try Int.fetchOne(database, sql: "PRAGMA synchronous"), try String.fetchOne(database, sql: "PRAGMA journal_mode")
      )
    }
    #expect(synchronous == 2, "FULL")
    #expect(journal == "wal")
    try store.enrol(try CurveKeyPair.generate().publicKey, for: "paris")
    for name in try FileManager.default.contentsOfDirectory(atPath: state) {
      let attributes = try FileManager.default.attributesOfItem(atPath: state + "/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
    #expect(try FileManager.default.attributesOfItem(atPath: state)[.posixPermissions] as? Int == 0o700)
  }

  @Test("a second controller on the same directory is refused")
  func oneControllerAtATime() throws {
    let directory = try StateDirectory(path: state)
    #expect(throws: StateDirectory.Failure.self) { try StateDirectory(path: state) }
    withExtendedLifetime(directory) {}
  }

  @Test("a site has one key, and the newest counts")
  func enrolment() throws {
    let store = try open()
    let first = try CurveKeyPair.generate().publicKey
    let second = try CurveKeyPair.generate().publicKey
    try store.enrol(first, for: "paris")
    try store.enrol(second, for: "paris")
    #expect(try store.enrolledKeys() == [second: "paris"])
    #expect(try store.revokeKey(of: "paris", at: Date()))
    #expect(try store.revokeKey(of: "paris", at: Date()) == false)
    #expect(try store.enrolledKeys().isEmpty)
  }
}
