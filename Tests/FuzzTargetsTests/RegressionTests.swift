import Foundation
import FuzzTargets
import Testing

/// What the fuzzers run, on inputs that once broke something and on those that they begin with.
@Suite("Fuzz targets")
struct RegressionTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Inputs")

  @Test("survive their seeds, whole and cut off anywhere", arguments: FuzzTarget.all.map(\.name))
  func seeds(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let run = try target.prepare()
    for seed in try target.seeds().prefix(40) {
      for length in stride(from: 0, through: seed.count, by: max(1, seed.count / 8)) {
        Array(seed.prefix(length)).withUnsafeBytes(run)
      }
    }
  }

  @Test("survive every input that has once broken something", arguments: FuzzTarget.all.map(\.name))
  func regressions(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let run = try target.prepare()
    let files = try? FileManager.default.contentsOfDirectory(
      at: RegressionTests.folder.appending(path: name), includingPropertiesForKeys: nil)
    for file in files ?? [] { [UInt8](try Data(contentsOf: file)).withUnsafeBytes(run) }
  }
}
