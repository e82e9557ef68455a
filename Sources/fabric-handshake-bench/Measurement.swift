import FabricCrypto
import Foundation
import IKE
import LinuxNetworking
import WireFormat

/// Sets all tunnels up at once, from cold, and takes the time.
final class Measurement {
  /// What came out.
  struct Result: Encodable {
    let group: KeyExchangeMethod
    let tunnels: Int
    /// Tunnels that were up at the end, keys installed at both ends.
    var established = 0
    /// From the configuration to the time when that share of the tunnels was up, in seconds; nil if it never was.
    var secondsToMost: Double?
    var secondsToAll: Double?
    /// All tunnels divided by the time from the first handshake's beginning to the last one's end.
    var handshakesPerSecond: Double?
    /// Attempts of the spokes that failed and were made again, and why the latest one did.
    var failures = 0
    var latestFailure: String?
    /// What a tunnel adds to the hub's ike and esp processes, in KiB.
    var memoryPerTunnel = 0.0
  }

  let wire: Wire
  private let group: KeyExchangeMethod
  private let loop: EventLoop
  private let directory: String
  let hub: GatewayUnderTest
  let spokes: GatewayUnderTest
  /// After so long a silence a peer is asked whether it is alive.
  var deadPeerInterval = Duration.seconds(30)
  private var timer: EventTimer?
  private var isOver = false

  /// How long the tunnels may take.
  static let patience = Duration.seconds(60)
  /// The share that `secondsToMost` is about.
  static let most = 0.95

  init(wire: Wire, group: KeyExchangeMethod) throws {
    self.wire = wire
    self.group = group
    loop = try EventLoop()
    directory = FileManager.default.temporaryDirectory.appending(path: "fabric-bench-\(getpid())").path
    for side in ["hub", "spokes"] {
      try FileManager.default.createDirectory(atPath: "\(directory)/\(side)", withIntermediateDirectories: true)
    }
    hub = try GatewayUnderTest(wire.hub, directory: directory + "/hub", loop: loop)
    spokes = try GatewayUnderTest(wire.spokes, directory: directory + "/spokes", loop: loop)
    timer = try loop.makeTimer { [unowned self] in isOver = true }
  }

  deinit {
    hub.stop()
    spokes.stop()
    try? FileManager.default.removeItem(atPath: directory)
  }

  func run() throws -> Result {
    try prepare()
    let before = hub.memory
    hub.configure(wire.spokeAddresses.indices.map { connection($0).mirrored })
    try turn(for: .seconds(2)) { false }
    var times: [Duration] = []
    let start = SystemClock.now
    spokes.onEstablished = { times.append(start.duration(to: SystemClock.now)) }
    spokes.configure(wire.spokeAddresses.indices.map(connection))
    let count = wire.spokeAddresses.count
    try turn(for: Measurement.patience) { [hub, spokes] in
      hub.established.count == count && spokes.established.count == count
    }
    // The esp roles tell once a second what they can send through.
    try turn(for: .seconds(5)) { [hub, spokes] in hub.installed.count == count && spokes.installed.count == count }
    let reading = start.duration(to: spokes.begun ?? start)
    return result(times, reading: reading, memory: hub.memory - before)
  }

  /// Tunnels that were set up one after another.
  struct Series: Encodable {
    /// From the first message to the established Child SA, in seconds, in order; a tunnel that never came up is missing.
    var seconds: [Double] = []
    /// What the hub's ike and esp processes hold in the end, in bytes.
    var memory = 0
  }

  /// Sets up as many tunnels as `counts` says each time, one after another; each takes the place of the one before.
  func runOneByOne(_ counts: some Sequence<Int>, report: (Series) throws -> Void) throws {
    try prepare()
    hub.configure(wire.spokeAddresses.indices.map { connection($0).mirrored })
    try turn(for: .seconds(2)) { false }
    var next = wire.spokeAddresses.startIndex
    for count in counts {
      var series = Series()
      for index in wire.spokeAddresses.indices[next...].prefix(count) {
        let connection = connection(index)
        spokes.configure([connection])
        try turn(for: .seconds(10)) { [spokes] in spokes.times[connection.name] != nil }
        if let time = spokes.times[connection.name] { series.seconds.append(time / .seconds(1)) }
        try turn(for: .milliseconds(20)) { false }
        next = index + 1
      }
      series.memory = hub.memory
      try report(series)
    }
  }

  func prepare() throws {
    try hub.open(uplink: "isp", wire.hubAddress)
    for (index, address) in wire.spokeAddresses.enumerated() {
      try spokes.open(uplink: "isp\(index)", address)
      try hub.addTunnel("tunnel\(index)", number: index)
      try spokes.addTunnel("tunnel\(index)", number: index)
      if index % 50 == 0 { try loop.runOnce(timeout: .zero) }
    }
    try turn(for: .seconds(2)) { false }
  }

  func turn(for limit: Duration, until condition: () -> Bool) throws {
    isOver = false
    timer?.schedule(after: limit)
    while !isOver, !condition() { try loop.runOnce(timeout: nil) }
  }

  /// The figures; `reading` is how long the spokes' ike role took to read its configuration.
  private func result(_ times: [Duration], reading: Duration, memory: Int) -> Result {
    let count = wire.spokeAddresses.count
    var result = Result(group: group, tunnels: count)
    result.established = hub.installed.intersection(spokes.installed).count
    result.failures = spokes.failures
    result.latestFailure = spokes.latestFailure
    let seconds = times.map { $0 / .seconds(1) }
    let most = Int((Double(count) * Measurement.most).rounded(.up))
    if seconds.count >= most { result.secondsToMost = seconds[most - 1] }
    if seconds.count >= count, let last = seconds.last {
      result.secondsToAll = last
      result.handshakesPerSecond = Double(count) / (last - reading / .seconds(1))
    }
    result.memoryPerTunnel = Double(memory) / Double(count) / 1024
    return result
  }

  func connection(_ index: Int) -> IKEConnection {
    IKEConnection(
      name: "tunnel\(index)", localUplink: "isp\(index)", localAddress: wire.spokeAddresses[index],
      remoteAddress: wire.hubAddress, localIdentity: .fqdn("spoke\(index).bench"), remoteIdentity: .fqdn("hub.bench"),
      authentication: .presharedKey(SecretBytes(Array("the key of spoke \(index), of no secret at all".utf8))),
      initiates: true,
      ikeProposals: IKEProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256], keyExchangeMethods: [group]),
      childProposals: ESPProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [], extendedSequenceNumbers: true),
      localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], ikeLifetime: .seconds(86_400),
      childLifetime: .seconds(3600), childLifetimeBytes: nil, deadPeerInterval: deadPeerInterval,
      forceEncapsulation: true, replayWindow: 1024)
  }
}

extension IKEConnection {
  /// The same tunnel from the hub's end, which waits.
  var mirrored: IKEConnection {
    var other = self
    other.localUplink = "isp"
    (other.localAddress, other.remoteAddress) = (remoteAddress, localAddress)
    (other.localIdentity, other.remoteIdentity) = (remoteIdentity, localIdentity)
    other.initiates = false
    return other
  }
}
