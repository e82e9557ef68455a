import Foundation
import Glibc
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  /// DESIGN.md section 5, invariant 1.
  @Suite("Keys and IVs")
  struct KeyAndIVTests {
    private static let topology = """
      apiVersion: fabric/v1
      kind: Topology
      metadata: { name: stress }
      profiles:
        ike:
          fast: { encryption: [aes256gcm16], prf: [sha256], dhGroups: [x25519], lifetime: 60s, dpd: { interval: 2s } }
        ipsec:
          fast: { transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: true }, lifetime: { time: 60s, bytes: 16MiB } }
      defaults: { ike: fast, ipsec: fast, authentication: psk, encapsulation: udp }
      sites:
        left:
          lans: [{ interface: lan0, address: 10.1.1.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 15.0.0.1/24, gateway: 15.0.0.254 }]
        right:
          lans: [{ interface: lan0, address: 10.3.3.1/24 }]
          uplinks: [{ name: isp, interface: wan0, address: 35.0.0.3/24, gateway: 35.0.0.254 }]
      overlay:
        shape: full-mesh
        tunnels: { pool: 172.31.0.0/24 }
        routing: { protocol: static }
      """

    @Test("never come together twice, whatever is rekeyed and killed under load")
    func unique() async throws {
      try await RunningLab.with(text: Self.topology) { lab in
        // What leaves as a train would be captured as one frame.
        for site in ["left", "right"] {
          try Program("ethtool", ["-K", "wan0", "tx-udp-segmentation", "off"], in: lab.namespace(site)).run()
        }
        let capture = try LineCapture(bytesOfFrame: 80)
        let load = try startLoad(lab)
        for role in ["--role esp", "--role ike", "--role link", "fabric-agent run", "--role esp"] {
          for site in ["left", "right"] {
            try await Task.sleep(for: .seconds(3))
            for process in try lab.processes(site, role) { process.signal(SIGKILL) }
            if role == "fabric-agent run" { try lab.fabric("lab", "restart", site) }
          }
        }
        try await lab.eventually("hosts reach each other after all that", within: 60) {
          try lab.allHostsReachEachOther()
        }
        for process in load { process.signal(SIGKILL) }
        try check(capture.stop())
        #expect(capture.missed() == 0)
      }
    }

    /// Some 15 Mb/s each way, in packets of two sizes: a Child SA lasts less than ten seconds.
    private func startLoad(_ lab: RunningLab) throws -> [ChildProcess] {
      try [("left", "10.3.3.10"), ("right", "10.1.1.10")].flatMap { site, peer in
        try [1200, 100].map { size in
          var sender = Program(
            "python3", ["-c", Self.sender, peer, String(size)], in: lab.namespace(site + "-host"))
          sender.standardError = try FileDescriptor(path: "/dev/null", flags: O_WRONLY)
          return try ChildProcess(sender)
        }
      }
    }

    private static let sender = """
      import socket, sys, time
      out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      payload = bytes(int(sys.argv[2]))
      while True:
        for _ in range(8):
          try: out.sendto(payload, (sys.argv[1], 9))
          except OSError: pass
        time.sleep(0.005)
      """

    private func check(_ lines: [String: [CapturedFrame]]) {
      for (line, frames) in lines.sorted(by: { $0.key < $1.key }) {
        let seen = frames.compactMap(\.spiAndIV)
        let spis = Set(seen.map { Array($0[..<4]) })
        #expect(Set(seen).count == seen.count, "\(line): \(seen.count - Set(seen).count) IVs come twice")
        print("\(line): \(seen.count) ESP packets of \(spis.count) SAs, no IV twice")
        // Without many packets and many SAs nothing is shown.
        #expect(seen.count > 20_000)
        #expect(spis.count >= 12)
      }
    }
  }
}
