import Foundation
import Testing

@testable import AgentCore

@Suite("The secret of quick crash detection and session resumption")
struct RecoverySecretTests {
  @Test("is made once, kept with mode 0600, and made anew where its file is damaged")
  func lasting() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())")
      .path()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try RecoverySecret.load(directory: directory)
    #expect(first.count == 32)
    #expect(try RecoverySecret.load(directory: directory) == first)
    let path = directory + "/recovery-secret"
    #expect(
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    try Data([1, 2, 3]).write(to: URL(filePath: path))
    #expect(try RecoverySecret.load(directory: directory) != first)
  }
}
