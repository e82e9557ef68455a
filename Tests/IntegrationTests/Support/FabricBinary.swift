import Foundation
import LinuxNetworking
import Testing

/// The project's own programs, built beside these tests.
enum FabricBinary {
  /// The checkout.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A topology of the project.
  static func topology(_ name: String) -> String { root.appendingPathComponent("topologies/\(name)").path }

  /// A program of `scripts/`.
  static func script(_ name: String) -> String { root.appendingPathComponent("scripts/\(name)").path }

  /// The `fabric` command.
  static var path: String {
    get throws {
      let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("fabric").path
    }
  }

  /// Runs `fabric` to its end.
  static func run(
    _ arguments: [String], timeout: Duration = .seconds(60), standardInput: FileDescriptor? = nil
  ) throws -> ProgramResult {
    var program = try Program(path, arguments)
    program.standardInput = standardInput
    return try program.runAndCapture(timeout: timeout)
  }
}

extension ProgramResult: CustomTestStringConvertible {
  /// What a failed expectation prints.
  public var testDescription: String { "\(status): \(output)\(errorOutput)" }
}
