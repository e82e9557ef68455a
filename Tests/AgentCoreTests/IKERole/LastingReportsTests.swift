import IKE
import Testing
import WireFormat

@testable import AgentCore

@Suite("Reports for the next supervisor")
struct LastingReportsTests {
  private let remote = Endpoint(SampleSite.address("192.0.2.1"), port: 500)

  @Test("hold what is true now, and nothing of connections that are gone")
  func current() {
    var reports = LastingReports()
    let connecting = IKEReport(connection: "a", .connecting(remote))
    let moved = IKEReport(connection: "a", .moved(remote))
    reports.note(connecting)
    reports.note(connecting)
    reports.note(moved)
    reports.note(IKEReport(connection: nil, .connecting(remote)))
    #expect(reports.all == [connecting, moved])
    let closed = IKEReport(connection: "a", .closed(reason: "the peer has gone"))
    reports.note(closed)
    #expect(reports.all == [closed])
    let other = IKEReport(connection: "b", .connecting(remote))
    reports.note(other)
    #expect(reports.all == [closed, other])
    reports.keep(["b"])
    #expect(reports.all == [other])
  }
}
