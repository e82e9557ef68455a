import Glibc
import LinuxNetworking
import Testing

@testable import Lab

@Suite("The identity of a process")
struct ProcessIdentityTests {
  @Test("This process runs")
  func own() throws {
    let identity = try #require(ProcessIdentity(getpid()))
    #expect(identity.isRunning)
    #expect(identity.startTime > 0)
  }

  @Test("A process that has ended does not run, even before its parent looked")
  func ended() throws {
    let child = try ChildProcess(Program("sleep", ["30"]))
    let identity = try #require(ProcessIdentity(child.identifier))
    #expect(identity.isRunning)
    try ProcessIdentity.end { [identity].filter(\.isRunning) }
    #expect(!identity.isRunning)
    _ = try child.wait(timeout: .seconds(5))
  }

  @Test("No process has id 0")
  func none() { #expect(ProcessIdentity(0) == nil) }
}
