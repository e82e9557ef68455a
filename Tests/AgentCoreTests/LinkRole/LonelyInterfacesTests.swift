import Testing
import WireFormat

@testable import AgentCore

@Suite("Interfaces without a routing neighbour")
struct LonelyInterfacesTests {
  private let start = Instant.zero

  @Test("An interface is overdue only after it was lonely for the whole time, and then once each time")
  func overdue() {
    var lonely = LonelyInterfaces()
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .milliseconds(5999))).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .seconds(6))) == ["vti1"])
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .seconds(7))).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .seconds(12))) == ["vti1"])
  }

  @Test("A neighbour that was there in between starts the time anew")
  func accompanied() {
    var lonely = LonelyInterfaces()
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: ["vti1"], now: start.advanced(by: .seconds(5))).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .seconds(8))).isEmpty)
    #expect(lonely.overdue(["vti1"], accompanied: [], now: start.advanced(by: .seconds(14))) == ["vti1"])
  }
}
