import Foundation
import LinuxNetworking
import Testing

@testable import AgentCore

@Suite("A role and its supervisors")
struct SupervisorChannelTests {
  private typealias RoleEnd = SupervisorChannel<ESPToSupervisor, SupervisorToESP>
  private typealias SupervisorEnd = RoleChannel<SupervisorToESP, ESPToSupervisor>

  @Test("A role goes on when its supervisor dies, and listens to the next one", .needsRoot)
  func nextSupervisor() throws {
    let loop = try EventLoop()
    let path = FileManager.default.temporaryDirectory.path + "/role-\(UUID().uuidString)"
    let rendezvous = try Rendezvous(binding: path)
    try rendezvous.listen()
    let role = try roleWithoutSupervisor(loop, rendezvous)
    var received: [SupervisorToESP] = []
    var ends = 0
    role.onMessage = { message, _ in received.append(message) }
    role.onReturn = { role.send(.ready(program: .current)) }
    role.onEnd = { ends += 1 }
    for _ in 0..<3 { try loop.runOnce(timeout: .milliseconds(10)) }
    role.send(.tunnel(name: "to nobody"))

    let visitor = try #require(try Rendezvous.connect(to: path))
    let supervisor = try SupervisorEnd(visitor.channel, loop: loop, logger: .quiet)
    var answers: [ESPToSupervisor] = []
    supervisor.onMessage = { message, _ in answers.append(message) }
    supervisor.send(.stop)
    for _ in 0..<5 { try loop.runOnce(timeout: .milliseconds(10)) }
    #expect(answers == [.ready(program: .current)])
    #expect(received == [.stop])
    #expect(ends == 0)
  }

  @Test("A role that nobody can find ends with its supervisor")
  func end() throws {
    let loop = try EventLoop()
    let role = try roleWithoutSupervisor(loop, nil)
    var ends = 0
    role.onEnd = { ends += 1 }
    for _ in 0..<3 { try loop.runOnce(timeout: .milliseconds(10)) }
    #expect(ends == 1)
  }

  /// The supervisor's end closes as this function returns.
  private func roleWithoutSupervisor(_ loop: EventLoop, _ rendezvous: Rendezvous?) throws -> RoleEnd {
    try RoleEnd(try MessageChannel.pair().0, rendezvous: rendezvous, loop: loop, logger: .quiet)
  }
}
