import Lab
import LinuxNetworking
import Testing

extension IntegrationTests {
  /// The packets of our data path, with all its offloads, against those of a real Linux kernel.
  @Suite("Linux's own ESP", .enabled(if: VirtualMachine.isAvailable, "user-mode-linux is missing"))
  struct KernelESPTests {
    @Test(
      "carries TCP, fragments within and fragments without, and goes on when the lower half of the number wraps",
      arguments: ["udp", "esp"])
    func packets(encapsulation: String) async throws {
      let suites = [Suite.Cipher.aes256gcm16, .aes256sha256].map { Suite($0, esn: true) }
      let parties = try ThirdParties(suites, encapsulations: [encapsulation, encapsulation])
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        let conversations = try Conversation.start(suites.map { Scenario(.strongSwanKernel, $0) }, parties, in: lab)
        _ = try FabricBinary.run(["lab", "start", "--timeout", "60s"], timeout: .seconds(120))
        for conversation in conversations {
          try await lab.eventually("a Child SA with \(conversation.partner.suite)", within: 90) {
            try conversation.tunnel()?.childSA != nil
          }
          let child = try #require(conversation.tunnel()?.childSA, "\(conversation.details)")
          #expect(child.encapsulation.rawValue == encapsulation)
          #expect(child.suite.hasSuffix("/ESN"))
          try transfer(in: lab, conversation.partner)
          try innerFragments(in: lab, conversation.partner)
          try wrap(in: lab, conversation)
          try outerFragments(in: lab, conversation.partner)
        }
        for conversation in conversations { try conversation.peer.machine.stop() }
      }
    }

    /// A mebibyte each way over TCP, in super-packets on our side.
    private func transfer(in lab: RunningLab, _ partner: ThirdParties.Partner) throws {
      let hub = (namespace: lab.namespace("hub-host"), address: ThirdParties.hubHost)
      let other = (namespace: lab.namespace("\(partner.name)-host"), address: partner.host)
      try #expect(ByteTransfer(1 << 20, from: hub.namespace, to: other).isComplete, "\(partner.suite): to Linux")
      try #expect(ByteTransfer(1 << 20, from: other.namespace, to: hub).isComplete, "\(partner.suite): from Linux")
    }

    /// Packets that are in pieces before they are sealed.
    private func innerFragments(in lab: RunningLab, _ partner: ThirdParties.Partner) throws {
      try #expect(lab.ping(partner.host, from: "hub-host", options: ["-M", "dont", "-s", "4000"]))
      try #expect(lab.ping(ThirdParties.hubHost, from: "\(partner.name)-host", options: ["-M", "dont", "-s", "4000"]))
    }

    /// RFC 4303 section 2.2.1: the upper half is not sent; the receiver must infer it when the lower half wraps.
    private func wrap(in lab: RunningLab, _ conversation: Conversation) throws {
      let count = ["-c", "40", "-i", "0.05"]
      // Our window follows in steps of less than half of the numbers' range.
      for next in ["0x80000000", "0xfffffff0"] {
        try conversation.setOutboundSequenceNumber(next)
        try #expect(
          lab.ping(ThirdParties.hubHost, from: "\(conversation.partner.name)-host", options: count),
          "\(conversation.partner.suite): after \(next)")
      }
      let states = try conversation.peer.machine.run("ip xfrm state")
      #expect(states.contains("oseq-hi 0x1"), "\(states)")
    }

    /// A router between the gateways cuts the sealed packets into pieces; ours, which it may not cut, become smaller.
    private func outerFragments(in lab: RunningLab, _ partner: ThirdParties.Partner) throws {
      // The lab numbers its lines by their sites' names, and the hub's is the first.
      let ends = [
        (LabNames.isp(partner.name, "isp"), LabNames.upstream), (LabNames.internet, "line\(partner.number + 1)"),
      ]
      for (router, interface) in ends {
        try Program("ip", ["-n", router, "link", "set", interface, "mtu", "1300"]).run()
      }
      let size = ["-M", "dont", "-s", "1400"]
      try #expect(lab.ping(ThirdParties.hubHost, from: "\(partner.name)-host", options: size))
      try #expect(lab.ping(partner.host, from: "hub-host", options: size))
    }
  }
}

extension Conversation {
  /// Has the peer's kernel go on from another sequence number, with the same keys.
  fileprivate func setOutboundSequenceNumber(_ number: String) throws {
    let ends = "src \(partner.address) dst \(ThirdParties.hubAddress)"
    let words = try peer.machine.run("ip xfrm state list \(ends)").split(whereSeparator: \.isWhitespace).map(
      String.init)
    func value(_ name: String, _ count: Int = 1) throws -> String {
      let index = try #require(words.firstIndex(of: name), "\(words)")
      return words.dropFirst(index + 1).prefix(count).map { "'\($0)'" }.joined(separator: " ")
    }
    let algorithms =
      words.contains("aead")
      ? "aead \(try value("aead", 3))"
      : "auth-trunc \(try value("auth-trunc", 3)) enc \(try value("enc", 2))"
    let encapsulation = words.contains("espinudp") ? "encap espinudp 4500 4500 0.0.0.0" : ""
    let spi = try value("spi")
    try peer.machine.run(
      """
      ip xfrm state delete \(ends) proto esp spi \(spi) && ip xfrm state add \(ends) proto esp spi \(spi) \
      reqid \(try value("reqid")) mode tunnel replay-window 32 flag esn \(algorithms) \(encapsulation) \
      replay-oseq \(number)
      """)
  }
}
