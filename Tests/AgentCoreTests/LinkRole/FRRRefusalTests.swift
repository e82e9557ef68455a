import Testing

@testable import AgentCore

@Suite("What FRR refuses")
struct FRRRefusalTests {
  @Test("is told line by line, out of frr-reload's noise")
  func lines() {
    let output = """
      2026-11-23 13:19:55,627 ERROR: vtysh failed to process new configuration: vtysh (mark file) exited with status 2:
      b"line 17: % Unknown command:  bogus line here\\n\\n"
      """
    #expect(FRRInstance.refusals(in: output).count == 1)
    #expect(FRRInstance.refusals(in: output)[0].contains("line 17: % Unknown command:  bogus line here"))
  }

  @Test("is never silent")
  func silence() { #expect(FRRInstance.refusals(in: "").count == 1) }
}
