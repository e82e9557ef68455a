import ESP
import LinuxNetworking

/// A tunnel's TUN device and what has gone through it.
final class TunnelInterface {
  /// The number by which the SA database knows the tunnel.
  let number: Int
  let name: String
  let device: TUNDevice
  /// Packets lost because the system did not take them: socket buffer full, interface down, no such uplink.
  var refusedBySystem: UInt64 = 0
  var drops = DropCounters()
  private(set) var packetsIn: UInt64 = 0
  private(set) var packetsOut: UInt64 = 0
  private var bytesIn: UInt64 = 0
  private var bytesOut: UInt64 = 0

  init(number: Int, name: String, device: TUNDevice) {
    self.number = number
    self.name = name
    self.device = device
  }

  func countIn(bytes: Int) {
    packetsIn &+= 1
    bytesIn &+= UInt64(bytes)
  }

  func countOut(bytes: Int) {
    packetsOut &+= 1
    bytesOut &+= UInt64(bytes)
  }

  /// The counters as the supervisor gets them.
  var traffic: TunnelTraffic {
    var reasons = drops.named
    if refusedBySystem > 0 { reasons["refusedBySystem"] = refusedBySystem }
    return TunnelTraffic(
      tunnel: name, packetsIn: packetsIn, bytesIn: bytesIn, packetsOut: packetsOut, bytesOut: bytesOut,
      drops: reasons)
  }
}

extension DropCounters {
  /// The reasons that occurred, by name.
  var named: [String: UInt64] {
    var counts: [String: UInt64] = [:]
    for reason in DropReason.allCases where self[reason] > 0 { counts["\(reason)"] = self[reason] }
    return counts
  }
}
