import LinuxNetworking
import Testing

@testable import AgentCore

struct PeerSilencesTests {
  private let tunnel: TunnelInterface

  init() throws {
    let device = TUNDevice(adopting: try FileDescriptor(path: "/dev/null"), name: "vti")
    tunnel = TunnelInterface(
      number: 1, name: "tunnel", device: device, settings: TunnelSettings(mtu: 1400, measurementInterval: .zero))
  }

  @Test("A tunnel is silent after three seconds in which packets only went out, and again after three more")
  func silent() {
    var silences = PeerSilences()
    var answers: [[String]] = []
    for _ in 0..<7 {
      tunnel.countOut(bytes: 100)
      answers.append(silences.tunnelsWithoutAnswer([tunnel]))
    }
    #expect(answers == [[], [], ["tunnel"], [], [], ["tunnel"], []])
  }

  @Test("One packet that comes in ends the silence; a tunnel without traffic is not silent")
  func answered() {
    var silences = PeerSilences()
    for second in 0..<10 {
      tunnel.countOut(bytes: 100)
      if second % 2 == 0 { tunnel.countIn(bytes: 100) }
      let silent = silences.tunnelsWithoutAnswer([tunnel])
      #expect(silent.isEmpty)
    }
    for _ in 0..<10 {
      let silent = silences.tunnelsWithoutAnswer([tunnel])
      #expect(silent.isEmpty)
    }
  }
}
