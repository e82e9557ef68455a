import Logging
import Testing

@testable import ControllerCore

@Suite("The log")
struct LogKeyTests {
  @Test("what a peer says cannot forge a line of the log")
  func controlCharactersAreEscaped() {
    let metadata = Logger.Metadata.fields([.reason: "no\n2026-01-01 critical: all is lost\u{1b}[2J", .site: "zürich"])
    #expect(metadata["reason"]?.description == #"no\n2026-01-01 critical: all is lost\u{1B}[2J"#)
    #expect(metadata["site"]?.description == "zürich")
  }
}
