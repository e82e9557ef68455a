import LinuxNetworking
import Topology

/// How an ISP line of known rate is shared (HTB): packets wait here, where the urgent ones can pass, rather than at the ISP.
///
///     1  the whole line
///     ├─ 2  the network's own: routing, tests of tunnels (cs6, cs7)        5 %
///     ├─ 10, 11 …  the topology's classes, the most urgent first           their shares
///     └─ 3  everything else                                                what is left
///
/// Each may use what the others leave. The outer packets bear the DSCP of the inner ones.
struct UplinkShaping: Equatable {
  let interface: String
  private let kilobits: Int
  private let classes: [TrafficClass]

  private static let networkPercent = 5
  /// Room in each class's queue for what the line carries in this time, or for the two longest trains of packets.
  private static let queueMilliseconds = 50
  private static let shortestQueue = 2 << 16

  /// The shaping of a line; nil where its rate is not known.
  init?(_ uplink: Uplink, _ classes: [TrafficClass]) {
    guard let kilobits = uplink.rateKilobits else { return nil }
    interface = uplink.interface
    self.kilobits = kilobits
    self.classes = classes
  }

  /// A number made of everything that is set (FNV-1a), by which the kernel's queue is known again after a restart.
  var handle: String { String(0x1000 | (hash & 0xFFF), radix: 16) }

  /// Puts this shaping in the place of whatever the line had, unless it is what the line has already.
  func install() throws {
    let present = try Program("tc", ["qdisc", "show", "dev", interface, "root"]).runAndCapture(timeout: .seconds(5))
    guard !present.output.contains("qdisc htb \(handle): ") else { return }
    try Program("tc", ["-batch", "-"]).run(input: Array(commands.utf8))
  }

  /// Takes the shaping of an interface away.
  static func remove(from interface: String) throws {
    try Program("tc", ["qdisc", "del", "dev", interface, "root"]).run()
  }

  /// As `tc -batch` reads them. An HTB cannot be replaced by another one, only by something else.
  var commands: String {
    let others = 100 - UplinkShaping.networkPercent - classes.map(\.sharePercent).reduce(0, +)
    var lines = [
      "qdisc replace dev \(interface) root pfifo limit 1000",
      "qdisc replace dev \(interface) root handle \(handle): htb default 3",
      "class add dev \(interface) parent \(handle): classid \(handle):1 htb rate \(kilobits)kbit ceil \(kilobits)kbit",
    ]
    lines += leaf("2", percent: UplinkShaping.networkPercent, priority: 0) + leaf("3", percent: others, priority: 7)
    lines += filters("2", Array(TrafficClass.networkControl..<64).filter { $0.isMultiple(of: 8) })
    for (index, trafficClass) in classes.enumerated() {
      let number = String(0x10 + index, radix: 16)
      lines += leaf(number, percent: trafficClass.sharePercent, priority: min(6, 1 + index))
      lines += filters(number, trafficClass.codePoints)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func leaf(_ number: String, percent: Int, priority: Int) -> [String] {
    let share = max(8, kilobits * percent / 100)
    let queue = max(UplinkShaping.shortestQueue, kilobits * UplinkShaping.queueMilliseconds / 8)
    return [
      "class add dev \(interface) parent \(handle):1 classid \(handle):\(number) "
        + "htb rate \(share)kbit ceil \(kilobits)kbit prio \(priority) quantum 3000",
      "qdisc add dev \(interface) parent \(handle):\(number) bfifo limit \(queue)",
    ]
  }

  private func filters(_ number: String, _ codePoints: [UInt8]) -> [String] {
    codePoints.flatMap { codePoint in
      let match = "0x\(String(codePoint << 2, radix: 16)) 0xfc flowid \(handle):\(number)"
      return [
        "filter add dev \(interface) parent \(handle): protocol ip prio 1 u32 match ip dsfield \(match)",
        "filter add dev \(interface) parent \(handle): protocol ipv6 prio 2 u32 match ip6 priority \(match)",
      ]
    }
  }

  private var hash: UInt32 {
    let text = "\(kilobits) \(classes.map { "\($0.codePoints) \($0.sharePercent)" })"
    return text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
