import ControlProtocol
import Lab
import Testing
import Topology

@testable import fabric

@Suite("The command line")
struct CommandTests {
  @Test(
    "A duration is a number with a unit, by default seconds",
    arguments: [("90", 90_000), ("90s", 90_000), ("2m", 120_000), ("250ms", 250), ("1h", 3_600_000), ("0", 0)])
  func duration(text: String, milliseconds: Int) {
    #expect(DurationArgument(argument: text)?.duration == .milliseconds(milliseconds))
  }

  @Test(
    "What is no duration is refused",
    arguments: ["", "s", "-1s", "1.5s", "1d", "1 s", "٣s", "99999999999999999999s", "9223372036854775807h"])
  func noDuration(text: String) { #expect(DurationArgument(argument: text) == nil) }

  @Test("Each kind of failure has its exit status")
  func exitStatus() {
    let failure = API.Failure(message: "no", details: ["because"])
    let invalid = ValidationFailure(file: "x.yaml", diagnostics: [Diagnostic(line: 1, column: 2, message: "bad")])
    #expect(CommandFailure(describing: invalid) == CommandFailure(.invalid, "x.yaml:1:2: error: bad"))
    #expect(CommandFailure(describing: ControllerError.refused(failure)) == CommandFailure(.invalid, "no\nbecause"))
    #expect(CommandFailure(describing: ControllerError.failed(failure))?.status == .failed)
    #expect(
      CommandFailure(describing: ControllerError.unreachable(socket: "/x", reason: "gone"))?.status == .unreachable)
    #expect(CommandFailure(describing: LabError.notRunning)?.status == .failed)
  }

  @Test("A controller that is not there is unreachable")
  func unreachable() async {
    await #expect(throws: ControllerError.self) { try await ControllerClient(socket: "/nonexistent").status() }
  }

  @Test(
    "A command line is understood",
    arguments: [
      ["validate", "x.yaml"], ["plan", "x.yaml", "-o", "json"], ["apply", "x.yaml", "--yes", "--timeout", "2m"],
      ["status", "--watch"], ["show", "a--b"], ["history"], ["rollback", "3", "--yes"],
      ["enrol", "berlin", "0123456789012345678901234567890123456789"], ["revoke", "berlin"],
      ["validate", "x", "-o", "json"], ["schema"], ["version"],
      ["lab", "up", "x.yaml"], ["lab", "exec", "hq", "--", "ping", "-c", "1", "10.0.0.1"],
      ["lab", "cut", "hq", "isp-a", "--silent"], ["lab", "mend", "hq", "isp-a"], ["lab", "down"],
    ])
  func parses(arguments: [String]) throws { _ = try FabricCommand.parseAsRoot(arguments) }

  @Test(
    "What is no key is refused before anybody is asked",
    arguments: ["", "short", "a key of forty characters has no blanks!!"])
  func noKey(text: String) {
    #expect(throws: (any Error).self) { _ = try FabricCommand.parseAsRoot(["enrol", "berlin", text]) }
  }

  @Test("An invalid file's report names each fault's place and remedy in JSON")
  func invalidReport() throws {
    let fault = Diagnostic(line: 3, column: 5, message: "unknown key", suggestion: "did you mean 'lifetime'?")
    let report = ValidationReport(ValidationFailure(file: "x.yaml", diagnostics: [fault]))
    let text = String(decoding: try MessageCoding.encode(report), as: UTF8.self)
    for part in [#""isValid":false"#, #""line":3"#, #""column":5"#, "did you mean", #""file":"x.yaml""#] {
      #expect(text.contains(part), "\(text)")
    }
  }
}
