import Foundation
import Glibc
import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("A path that swallows big packets")
  struct NarrowPathTests {
    private static let topology = """
      apiVersion: fabric/v1
      kind: Topology
      metadata: { name: narrow }
      profiles:
        ike:
          fast: { encryption: [aes256gcm16], prf: [sha256], dhGroups: [x25519], lifetime: 86400s, dpd: { interval: 10s } }
        ipsec:
          fast: { transformSet: { encryption: [aes256gcm16], mode: tunnel, esn: true }, lifetime: { time: 3600s } }
      defaults: { ike: fast, ipsec: fast, authentication: psk, encapsulation: udp }
      sites:
        left:
          loopback: [10.255.0.1, "2001:db8:ff::1"]
          lans: [{ interface: lan0, address: [10.1.1.1/24, "2001:db8:1::1/64"] }]
          uplinks: [{ name: isp, interface: wan0, address: 15.0.0.1/24, gateway: 15.0.0.254 }]
        right:
          loopback: [10.255.0.3, "2001:db8:ff::3"]
          lans: [{ interface: lan0, address: [10.3.3.1/24, "2001:db8:3::1/64"] }]
          uplinks: [{ name: isp, interface: wan0, address: 35.0.0.3/24, gateway: 35.0.0.254 }]
        wide:
          loopback: [10.255.0.4, "2001:db8:ff::4"]
          lans: [{ interface: lan0, address: [10.4.4.1/24, "2001:db8:4::1/64"] }]
          uplinks: [{ name: isp, interface: wan0, address: 45.0.0.4/24, gateway: 45.0.0.254 }]
      overlay:
        shape: full-mesh
        routing: { protocol: static }
      """
    /// The hosts behind the narrow line and behind a wide one.
    private static let narrow = (v4: "10.3.3.10", v6: "2001:db8:3::a")
    private static let wide = (v4: "10.4.4.10", v6: "2001:db8:4::a")

    @Test(
      "and tells nobody is found while the tunnel is up; then transfers take no longer than they must",
      arguments: [1280, 1400])
    func transfers(mtu: Int) async throws {
      try await RunningLab.with(text: Self.topology) { lab in
        try narrow(lab, to: mtu)
        try await lab.eventually("both ends find the path's MTU", within: 40) {
          try pathMTUs(lab).allSatisfy { (mtu - 24...mtu).contains($0) }
        }
        for (narrow, wide) in [(Self.narrow.v4, Self.wide.v4), (Self.narrow.v6, Self.wide.v6)] {
          let short = try transfer(lab, to: "right", narrow, megabytes: 1)
          // In turns, as whatever else the machine does slows both down.
          let long = try (0..<5).map { _ in
            try (
              narrow: transfer(lab, to: "right", narrow, megabytes: 16),
              wide: transfer(lab, to: "wide", wide, megabytes: 16)
            )
          }
          let total = (narrow: long.map(\.narrow).reduce(0, +), wide: long.map(\.wide).reduce(0, +))
          print(
            "\(mtu), to \(narrow): 1 MiB in \(short.formatted()) s; 80 MiB in \(total.narrow.formatted()) s, "
              + "in \(total.wide.formatted()) s over a wide path")
          #expect(short < 2)
          #expect(total.narrow <= total.wide / 0.8, "80 % of the throughput of a path where nothing is lost")
        }
        try checkPings(lab)
      }
    }

    /// The shortest and the longest packets: what IPv6 must carry, and IPv4 that may be cut.
    private func checkPings(_ lab: RunningLab) throws {
      for arguments in [["-s", "1232", Self.narrow.v6], ["-s", "1372", "-M", "dont", Self.narrow.v4]] {
        let ping = try Program(
          "ping", ["-n", "-q", "-i", "0.05", "-c", "20", "-w", "5"] + arguments, in: lab.namespace("left-host")
        ).runAndCapture(timeout: .seconds(10))
        #expect(ping.output.contains("20 received"), "\(arguments): \(ping.output)\(ping.errorOutput)")
      }
    }

    /// Makes the line between an ISP and the internet narrow, and all routers silent.
    private func narrow(_ lab: RunningLab, to mtu: Int) throws {
      let isp = lab.namespace("isp-right-isp")
      let silence = """
        table inet silence {
          chain output {
            type filter hook output priority 0;
            ip protocol icmp drop
            icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } drop
          }
        }
        """
      for router in [isp, lab.namespace("isp-left-isp"), lab.namespace("internet")] {
        var nft = Program("nft", ["-f", "-"], in: router)
        nft.standardInput = try .memory(Array(silence.utf8))
        try nft.run()
      }
      let ends = [(isp, LabNames.upstream), (lab.namespace("internet"), "line2")]
      for (namespace, interface) in ends {
        try Program("ip", ["link", "set", interface, "mtu", String(mtu)], in: namespace).run()
      }
    }

    private func pathMTUs(_ lab: RunningLab) throws -> [Int] {
      let tunnels = try lab.status().sites.flatMap { $0.status?.tunnels ?? [] }
      return tunnels.filter { $0.name.contains("left") && $0.name.contains("right") }.map { $0.path?.mtu ?? 0 }
    }

    /// How long it takes until the host behind the other gateway has everything, in seconds.
    private func transfer(
      _ lab: RunningLab, to site: String, _ address: String, megabytes: Int
    ) throws -> Double {
      let receiver = try ChildProcess(
        Program("python3", ["-c", Self.receiver, address], in: lab.namespace(site + "-host")))
      defer { receiver.signal(SIGKILL) }
      let result = try Program(
        "python3", ["-c", Self.sender, address, String(megabytes)], in: lab.namespace("left-host")
      ).runAndCapture(timeout: .seconds(60))
      return try #require(Double(result.output), "\(result.output)\(result.errorOutput)")
    }

    private static let receiver = """
      import socket, sys
      family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
      connection = socket.create_server((sys.argv[1], 9999), family=family).accept()[0]
      while connection.recv(1 << 20): pass
      connection.sendall(b"all")
      """
    private static let sender = """
      import socket, sys, time
      for attempt in range(100):
        try: connection = socket.create_connection((sys.argv[1], 9999), timeout=2); break
        except OSError: time.sleep(0.05)
      data = bytes(int(sys.argv[2]) << 20)
      connection.settimeout(30)
      start = time.monotonic()
      connection.sendall(data)
      connection.shutdown(socket.SHUT_WR)
      assert connection.recv(3) == b"all"
      print(time.monotonic() - start, end="")
      """
  }
}

extension Double {
  fileprivate func formatted() -> String { String((self * 1000).rounded() / 1000) }
}
