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
/// others. Nothing queues here: where an uplink has no room, packets stay in the queues of their own tunnels' interfaces, and
/// the tunnels take turns at what room there is. Nothing is allocated per packet. What cannot be carried is dropped and
/// counted, never sent in clear.
final class DataPath {
  let database = SADatabase(random: SystemRandom())
  private(set) var tunnels: [Int: TunnelInterface] = [:]
  /// The tunnels' numbers by their names.
  private var numbers: [String: Int] = [:]
  private(set) var uplinks: [String: ESPUplink] = [:]
  /// The sites at the other ends of the tunnels, by name.
  private(set) var peers: [String: PeerSite] = [:]
  private(set) lazy var inbound = InboundPath(database: database) { [unowned self] in tunnels[$0] }

  /// Called when a device or socket can no longer be read and has been given up.
  var onFailure: (_ name: String, LinuxError) -> Void = { _, _ in }

  /// Called with what is heard of a path's MTU.
  var onPathMTUReport: (_ uplink: ESPUplink, PathMTUReport) -> Void = { _, _ in }

  let outbound = OutboundPath()
  /// Tunnels that wait for room at their uplinks, by number, the one that has waited longest first.
  private var waiting: [Int] = []
  private var roomTimer: EventTimer?
  private let wakefulness: Wakefulness?
  private let loop: EventLoop

  /// Room for the largest IP packet, ESP around it, and a little more: slots a whole number of pages apart would
  /// compete for the same cache lines.
  static let slotSize = (1 << 16) + 192

  /// How long a tunnel waits before it looks for room again: a line of 10 Gb/s sends half of it in this time.
  private static let patience = Duration.microseconds(250)

  init(wakefulness: Wakefulness?, loop: EventLoop) throws(LinuxError) {
    self.wakefulness = wakefulness
    self.loop = loop
    roomTimer = try loop.makeTimer { [unowned self] in resume() }
  }

  func tunnel(named name: String) -> TunnelInterface? { numbers[name].flatMap { tunnels[$0] } }

  /// Adds a tunnel whose name no other has.
  func add(_ tunnel: TunnelInterface) throws(LinuxError) {
    tunnels[tunnel.number] = tunnel
    numbers[tunnel.name] = tunnel.number
    let peer = peers[tunnel.settings.peerSite] ?? PeerSite()
    peer.add(tunnel)
    peers[tunnel.settings.peerSite] = peer
    try watch(tunnel)
  }

  func remove(_ tunnel: TunnelInterface) {
    loop.unwatch(tunnel.device.descriptor)
    tunnels[tunnel.number] = nil
    numbers[tunnel.name] = nil
    let name = tunnel.settings.peerSite
    peers[name]?.remove(tunnel)
    if peers[name]?.tunnels.isEmpty == true { peers[name] = nil }
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

  /// Among which tunnels the flows to a site are shared, by site; of all others the system's choice stands.
  func share(by shares: [String: SiteShares]) {
    for (name, peer) in peers { peer.share(by: shares[name] ?? SiteShares()) }
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

  // MARK: - Back-pressure

  private func watch(_ tunnel: TunnelInterface) throws(LinuxError) {
    try watch(tunnel.device.descriptor, tunnel.name) { [unowned self, unowned tunnel] () throws(LinuxError) in
      if try !takeTurn(tunnel) { wait(tunnel) }
    }
  }

  /// Carries what waits in a tunnel's queue, up to a turn; false if there is no room for it.
  private func takeTurn(_ tunnel: TunnelInterface) throws(LinuxError) -> Bool {
    let sa = database.outbound(tunnel: tunnel.number)
    if let path = sa?.path, let uplink = uplinks[path.uplink], !uplink.hasRoom(for: path.encapsulation) { return false }
    try outbound.carry(
      from: tunnel, to: peers[tunnel.settings.peerSite], by: OutboundWays(database: database, uplinks: uplinks))
    return true
  }

  private func wait(_ tunnel: TunnelInterface) {
    loop.unwatch(tunnel.device.descriptor)
    if waiting.isEmpty { roomTimer?.schedule(after: DataPath.patience) }
    waiting.append(tunnel.number)
  }

  /// Gives those that wait a turn each as far as there is room, in the order in which they came.
  private func resume() {
    for uplink in uplinks.values { uplink.lookForRoomAgain() }
    let queue = waiting
    waiting = []
    for tunnel in queue.compactMap({ tunnels[$0] }) {
      attempt(tunnel.device.descriptor, tunnel.name) { () throws(LinuxError) in
        if try takeTurn(tunnel) { try watch(tunnel) } else { waiting.append(tunnel.number) }
      }
    }
    if !waiting.isEmpty { roomTimer?.schedule(after: DataPath.patience) }
  }

  // MARK: - Descriptors

  private func watch(
    _ descriptor: FileDescriptor, _ name: String, _ carry: @escaping () throws(LinuxError) -> Void
  ) throws(LinuxError) {
    try loop.watch(descriptor) { [unowned self] in
      wakefulness?.turn()
      attempt(descriptor, name, carry)
    }
  }

  private func attempt(_ descriptor: FileDescriptor, _ name: String, _ carry: () throws(LinuxError) -> Void) {
    do throws(LinuxError) {
      try carry()
    } catch {
      // A descriptor that fails stays ready for ever; whoever owns the device sends a new one.
      loop.unwatch(descriptor)
      onFailure(name, error)
    }
  }
}
