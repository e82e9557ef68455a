import ControlProtocol
import Foundation
import Lab
import LinuxNetworking
import Testing
import WireFormat

extension IntegrationTests {
  @Suite("A NAT that maps a branch anew")
  struct NATRebindingTests {
    @Test("costs the branch less than a second, be it another port or another address")
    func rebinding() async throws {
      try await RunningLab.with(FabricBinary.topology("hub-and-spoke.yaml")) { lab in
        for options in [[], ["--address"]] {
          let before = try lab.endpoint(of: "oslo")
          let traffic = try PingStream(lab, from: "oslo-host", to: "10.0.0.10")
          try await Task.sleep(for: .seconds(1))
          let rebound = try FabricBinary.run(["lab", "rebind", "oslo", "dsl"] + options)
          #expect(rebound.succeeded, "\(rebound.testDescription)")
          let lost = try traffic.end()
          #expect(lost < PingStream.rate, "\(options): \(lost) lost at \(PingStream.rate) a second")
          print("NAT \(options): \(lost) of \(PingStream.rate) packets a second lost")
          try await lab.eventually("the hub sends to where the branch is now", within: 10) {
            let now = try lab.endpoint(of: "oslo")
            return now != before && (now?.address != before?.address) == (options == ["--address"])
          }
        }
      }
    }

    @Test("is not to be feigned: packets that a stranger repeats or makes up move no peer")
    func strangers() async throws {
      try await RunningLab.with(FabricBinary.topology("hub-and-spoke.yaml")) { lab in
        let capture = try LineCapture()
        try #expect(lab.ping("10.0.0.10", from: "oslo-host", options: ["-c", "20"]))
        let packets = try #require(capture.stop()["isp-oslo-dsl"]).compactMap(\.espInUDP)
        #expect(packets.count >= 20)
        let before = try #require(try lab.endpoint(of: "oslo"))
        let traffic = try PingStream(lab, from: "oslo-host", to: "10.0.0.10")
        try lab.send(packets + packets.map(\.forged), to: "203.0.113.1", from: "isp-berlin-fiber")
        #expect(try traffic.end() == 0)
        #expect(try lab.endpoint(of: "oslo") == before)
      }
    }
  }
}

extension [UInt8] {
  /// The same SPI, a sequence number that is still to come, and a tag that does not fit.
  fileprivate var forged: [UInt8] {
    var packet = self
    packet[5] = 0x10
    packet[packet.count - 1] ^= 1
    return packet
  }
}

extension CapturedFrame {
  /// The payload of a UDP datagram with ESP in it over IPv4; nil for any other frame.
  fileprivate var espInUDP: [UInt8]? {
    guard spiAndIV != nil, bytes.count > 14 + 20 + 8 + 16 else { return nil }
    return Array(bytes[(14 + 20 + 8)...])
  }
}

extension RunningLab {
  /// Where the hub sends the packets of its tunnel to a branch.
  fileprivate func endpoint(of site: String) throws -> Endpoint? {
    let hub = try status().sites.first { $0.site == "hq" }
    return hub?.status?.tunnels.first { $0.peerSite == site }?.remoteEndpoint
  }

  /// Sends datagrams to port 4500 of an address, a hundred a second.
  fileprivate func send(_ datagrams: [[UInt8]], to address: String, from name: String) throws {
    let sender = """
      import socket, sys, time
      out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      for line in sys.stdin:
        out.sendto(bytes.fromhex(line), (sys.argv[1], 4500))
        time.sleep(0.01)
      """
    let lines = datagrams.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
    let program = Program("python3", ["-c", sender, address], in: namespace(name))
    try program.run(input: Array((lines.joined(separator: "\n") + "\n").utf8), timeout: .seconds(60))
  }
}
