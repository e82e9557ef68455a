import LinuxNetworking
import Testing
import Topology

@testable import AgentCore

@Suite("The shaping of a line")
struct UplinkShapingTests {
  private let voice = TrafficClass(name: "voice", codePoints: [46], sharePercent: 30)
  private let business = TrafficClass(name: "business", codePoints: [18, 26], sharePercent: 40)

  private func line(_ kilobits: Int?) -> Uplink {
    var line = SampleSite.uplink("dsl", "wan0", "192.0.2")
    line.rateKilobits = kilobits
    return line
  }

  @Test("gives each class its share, and all others what is left")
  func commands() throws {
    let shaping = try #require(UplinkShaping(line(10_000), [voice, business]))
    let handle = shaping.handle
    let commands = shaping.commands.split(separator: "\n")
    #expect(
      commands.contains("class add dev wan0 parent \(handle): classid \(handle):1 htb rate 10000kbit ceil 10000kbit"))
    for (number, rate, priority) in [("2", 500, 0), ("10", 3000, 1), ("11", 4000, 2), ("3", 2500, 7)] {
      #expect(
        commands.contains {
          $0.hasPrefix("class add dev wan0 parent \(handle):1 classid \(handle):\(number) htb rate \(rate)kbit")
            && $0.contains("prio \(priority) ")
        })
    }
    #expect(commands.count { $0.contains("match ip dsfield 0xb8 0xfc flowid \(handle):10") } == 1)
    #expect(commands.count { $0.contains("match ip6 priority 0x68 0xfc flowid \(handle):11") } == 1)
  }

  @Test("is another one where anything differs, and none where the rate is not known")
  func identity() {
    #expect(UplinkShaping(line(nil), [voice]) == nil)
    let handles = [
      UplinkShaping(line(10_000), [voice]), UplinkShaping(line(10_001), [voice]), UplinkShaping(line(10_000), []),
      UplinkShaping(line(10_000), [business]),
    ].compactMap { $0?.handle }
    #expect(Set(handles).count == 4)
  }

  @Test("is what the kernel takes, once, and again after a change", .needsRoot)
  func kernel() throws {
    let namespace = NetworkNamespace("fabric-test-shaping-\(UInt32.random(in: 0 ... .max))")
    try Program("ip", ["netns", "add", namespace.name]).run()
    defer { _ = try? Program("ip", ["netns", "delete", namespace.name]).run() }
    try Program("ip", ["link", "add", "wan0", "type", "bridge"], in: namespace).run()
    func classes() throws -> Int {
      try Program("tc", ["class", "show", "dev", "wan0"], in: namespace).runAndCapture(timeout: .seconds(5))
        .output.split(separator: "\n").count { $0.hasPrefix("class htb") }
    }
    for (shares, expected) in [([voice, business], 5), ([voice, business], 5), ([voice], 4), ([], 3)] {
      let shaping = try #require(UplinkShaping(line(10_000), shares))
      try namespace.inside { try shaping.install() }
      #expect(try classes() == expected)
    }
    try namespace.inside { try UplinkShaping.remove(from: "wan0") }
    #expect(try classes() == 0)
  }
}
