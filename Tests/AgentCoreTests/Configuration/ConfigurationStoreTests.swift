import Foundation
import Testing
import Topology

@testable import AgentCore

@Suite("The configuration store")
struct ConfigurationStoreTests {
  private let directory: TemporaryDirectory
  private let store: ConfigurationStore

  init() throws {
    directory = try TemporaryDirectory()
    store = ConfigurationStore(directory: directory.path)
  }

  @Test("gives back what it was given, keys and all")
  func roundTrip() throws {
    try store.save(SampleSite.configuration(revision: 3))
    let loaded = ConfigurationStore(directory: directory.path).load()
    #expect(loaded.configuration == SampleSite.configuration(revision: 3))
    #expect(loaded.problems.isEmpty)
  }

  @Test("is empty at first")
  func empty() { #expect(store.load() == .init(configuration: nil, problems: [])) }

  @Test("lets nobody else read the file")
  func mode() throws {
    try store.save(SampleSite.configuration())
    let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + "/configuration")
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("falls back to the revision before when a file is damaged, wherever the damage is", arguments: [0, 10, 200])
  func damage(at offset: Int) throws {
    try store.save(SampleSite.configuration(revision: 1))
    try store.save(SampleSite.configuration(revision: 2))
    try damage("configuration", at: offset)
    let loaded = store.load()
    #expect(loaded.configuration?.revision == 1)
    #expect(loaded.problems.count == 1)
  }

  @Test("falls back when the file was cut short")
  func truncation() throws {
    try store.save(SampleSite.configuration(revision: 1))
    try store.save(SampleSite.configuration(revision: 2))
    let path = directory.path + "/configuration"
    let bytes = try Data(contentsOf: URL(filePath: path))
    for length in [0, 1, bytes.count / 2, bytes.count - 1] {
      try bytes.prefix(length).write(to: URL(filePath: path))
      #expect(store.load().configuration?.revision == 1)
    }
  }

  @Test("keeps the good previous revision when a damaged current one is replaced")
  func replacement() throws {
    try store.save(SampleSite.configuration(revision: 1))
    try store.save(SampleSite.configuration(revision: 2))
    try damage("configuration", at: 100)
    try store.save(SampleSite.configuration(revision: 3))
    try damage("configuration", at: 100)
    #expect(store.load().configuration?.revision == 1)
  }

  @Test("says so when nothing can be read, and names no secret")
  func nothingLeft() throws {
    try store.save(SampleSite.configuration(revision: 1))
    try damage("configuration", at: 100)
    let loaded = store.load()
    #expect(loaded.configuration == nil)
    #expect(loaded.problems.count == 1)
    #expect(loaded.problems[0].contains("damaged"))
  }

  private func damage(_ name: String, at offset: Int) throws {
    let url = URL(filePath: directory.path + "/" + name)
    var bytes = try Data(contentsOf: url)
    bytes[offset] ^= 1
    try bytes.write(to: url)
  }
}
