import ESP
import FabricCrypto
import LinuxNetworking
import WireFormat

/// The tunnels and uplinks of a gateway, and the ways of the packets between them.
///
///     out:  TUN read ─► SA of the tunnel ─► seal ─────────────────────────────► send on the SA's uplink
///     in:   receive  ─► keepalive / IKE / ESP ─► SA by SPI ─► open ───────────► TUN write
///
/// Every turn of the loop carries at most a batch of each ready descriptor, so that a busy tunnel does not starve the
/// others. Nothing is allocated per packet. What cannot be carried is dropped and counted, never sent in clear.
final class DataPath {
  let database = SADatabase(random: SystemRandom())
  private(set) var tunnels: [Int: TunnelInterface] = [:]
  private(set) var uplinks: [String: ESPUplink] = [:]
  private(set) lazy var inbound = InboundPath(database: database) { [unowned self] in tunnels[$0] }

  /// Called when a device or socket can no longer be read and has been given up.
  var onFailure: (_ name: String, LinuxError) -> Void = { _, _ in }

  /// Called with what is heard of a path's MTU.
  var onPathMTUReport: (_ uplink: ESPUplink, PathMTUReport) -> Void = { _, _ in }

  let outbound = OutboundPath()
  private let wakefulness: Wakefulness?
  private let loop: EventLoop

  /// Room for the largest IP packet, ESP around it, and a little more: slots a whole number of pages apart would
  /// compete for the same cache lines.
  static let slotSize = (1 << 16) + 192

  init(wakefulness: Wakefulness?, loop: EventLoop) {
    self.wakefulness = wakefulness
    self.loop = loop
  }

  func add(_ tunnel: TunnelInterface) throws(LinuxError) {
    tunnels[tunnel.number] = tunnel
    try watch(tunnel.device.descriptor, tunnel.name) { [unowned self] () throws(LinuxError) in
      try outbound.carry(from: tunnel, with: database.outbound(tunnel: tunnel.number), to: uplinks)
    }
  }

  func remove(_ tunnel: TunnelInterface) {
    loop.unwatch(tunnel.device.descriptor)
    tunnels[tunnel.number] = nil
  }

  /// Adds an uplink in the place of an earlier one of that name.
  func add(_ uplink: ESPUplink) throws(LinuxError) {
    removeUplink(uplink.name)
    uplinks[uplink.name] = uplink
    try watch(uplink.encapsulated.descriptor, uplink.name) { [unowned self, unowned uplink] () throws(LinuxError) in
      if try !inbound.carry(encapsulatedOn: uplink) { takeReports(of: uplink.encapsulated, on: uplink) }
    }
    try watch(uplink.plain.descriptor, uplink.name) { [unowned self, unowned uplink] () throws(LinuxError) in
      if try !inbound.carry(plainOn: uplink) { takeReports(of: uplink.plain, on: uplink) }
    }
  }

  func removeUplink(_ name: String) {
    guard let uplink = uplinks.removeValue(forKey: name) else { return }
    loop.unwatch(uplink.encapsulated.descriptor)
    loop.unwatch(uplink.plain.descriptor)
  }

  /// A socket that is ready but brings nothing has an error of an earlier packet to tell of.
  private func takeReports(of socket: any DatagramSocket, on uplink: ESPUplink) {
    for report in socket.takePathMTUReports() { onPathMTUReport(uplink, report) }
  }

  private func watch(
    _ descriptor: FileDescriptor, _ name: String, _ carry: @escaping () throws(LinuxError) -> Void
  ) throws(LinuxError) {
    try loop.watch(descriptor) { [unowned self] in
      wakefulness?.turn()
      do throws(LinuxError) {
        try carry()
      } catch {
        // A descriptor that fails stays ready for ever; whoever owns the device sends a new one.
        loop.unwatch(descriptor)
        onFailure(name, error)
      }
    }
  }
}
