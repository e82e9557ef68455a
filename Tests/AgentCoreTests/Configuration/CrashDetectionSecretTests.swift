import Foundation
import Testing

@testable import AgentCore

@Suite("The secret of quick crash detection")
struct CrashDetectionSecretTests {
  @Test("is made once, kept with mode 0600, and made anew where its file is damaged")
  func lasting() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())")
      .path()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let first = try CrashDetectionSecret.load(directory: directory)
    #expect(first.count == 32)
    #expect(try CrashDetectionSecret.load(directory: directory) == first)
    let path = directory + "/crash-detection-secret"
    #expect(
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    try Data([1, 2, 3]).write(to: URL(filePath: path))
    #expect(try CrashDetectionSecret.load(directory: directory) != first)
  }
}
