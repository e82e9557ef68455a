import ControlProtocol
import Foundation
import Testing

@testable import AgentCore

@Suite("The history of switches")
struct SwitchHistoryTests {
  private func change(_ number: Int) -> TunnelSwitch {
    TunnelSwitch(
      at: Date(timeIntervalSince1970: Double(number)), peerSite: "hq", from: ["a"], to: ["b"], cause: "\(number)",
      outageMilliseconds: number)
  }

  @Test("is there after a restart, holds the last hundred, and goes with the site")
  func persistence() throws {
    let directory = try TemporaryDirectory()
    var history = SwitchHistory(directory: directory.path)
    #expect(history.switches.isEmpty)
    for number in 1...103 { try history.append(change(number)) }
    var read = SwitchHistory(directory: directory.path)
    #expect(read.switches == (4...103).map(change))
    read.removeAll()
    #expect(SwitchHistory(directory: directory.path).switches.isEmpty)
  }

  @Test("begins anew where its file is no such history")
  func garbage() throws {
    let directory = try TemporaryDirectory()
    try Data("{".utf8).write(to: URL(fileURLWithPath: directory.path + "/switches.json"))
    #expect(SwitchHistory(directory: directory.path).switches.isEmpty)
  }
}
