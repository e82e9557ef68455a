import ControlProtocol
import Foundation
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Apply and rollback")
  struct ApplyTests {
    @Test("ask on a terminal, change nothing against the operator's will, and end when every site has converged")
    func asking() async throws {
      let original = FabricBinary.topology("two-site.yaml")
      let changed = FileManager.default.temporaryDirectory.appendingPathComponent("fabric-\(UUID().uuidString).yaml")
      defer { try? FileManager.default.removeItem(at: changed) }
      let text = try String(contentsOfFile: original, encoding: .utf8)
      try Data(text.replacing("time: 3600s", with: "time: 1800s").utf8).write(to: changed)

      try await RunningLab.with(original) { lab in
        let refused = try onTerminal(["apply", changed.path], typing: "n\n")
        #expect(refused.status == .exited(1) && refused.output.contains("apply? [y/N]"), "\(refused.testDescription)")
        #expect(refused.errorOutput.contains("nothing was changed"))
        let unasked = try run(["apply", changed.path])
        #expect(unasked.status == .exited(2) && unasked.errorOutput.contains("--yes"), "\(unasked.testDescription)")
        try #expect(lab.status().revision == 1)

        let agreed = try onTerminal(["apply", changed.path], typing: "y\n")
        #expect(agreed.succeeded, "\(agreed.testDescription)\(RunningLab.logs())")
        try #expect(lab.status().revision == 2)
        let back = try onTerminal(["rollback", "1"], typing: "yes\n")
        #expect(
          back.succeeded && back.output.contains("roll back? [y/N]"), "\(back.testDescription)\(RunningLab.logs())")
        try #expect(lab.status().revision == 3)
        try #expect(lab.allHostsReachEachOther())
      }
    }

    private func run(_ arguments: [String]) throws -> ProgramResult {
      try FabricBinary.run(
        arguments + ["--timeout", "120s", "--controller", LabFiles.controllerSocket], timeout: .seconds(150))
    }

    /// Runs `fabric` with a terminal as its standard input, where an answer was typed ahead.
    private func onTerminal(_ arguments: [String], typing answer: String) throws -> ProgramResult {
      let terminal = try Terminal()
      try terminal.type(answer)
      return try FabricBinary.run(
        arguments + ["--timeout", "120s", "--controller", LabFiles.controllerSocket], timeout: .seconds(150),
        standardInput: terminal.device)
    }
  }
}
