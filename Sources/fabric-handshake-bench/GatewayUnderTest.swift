import AgentCore
import FabricCrypto
import Foundation
import IKE
import LinuxNetworking
import Logging
import WireFormat

/// The ike and esp roles of a gateway, with this process as their supervisor.
final class GatewayUnderTest {
  /// The Child SAs that the ike role has reported, by connection.
  private(set) var established: Set<String> = []
  /// Tunnels through which the esp role can send.
  private(set) var installed: Set<String> = []
  /// How many attempts have failed.
  private(set) var failures = 0
  /// Why the latest one has.
  private(set) var latestFailure: String?
  /// When the first handshake began.
  private(set) var begun: Instant?
  /// How long each tunnel took that is up, from the first message of its first attempt on.
  private(set) var times: [String: Duration] = [:]
  private var begins: [String: Instant] = [:]
  /// How many IKE SAs have gone on by a ticket.
  private(set) var resumptions = 0
  /// Called with each tunnel that comes up.
  var onEstablished: () -> Void = {}

  private let namespace: NetworkNamespace
  private let directory: String
  private let loop: EventLoop
  private var ike: RoleUnderTest<SupervisorToIKE, IKEToSupervisor>
  private let esp: RoleUnderTest<SupervisorToESP, ESPToSupervisor>
  /// What the ike role has been lent.
  private var uplinks: [(name: String, address: IPAddress, sockets: [UDPSocket])] = []

  /// Starts the roles; they know each other, and nothing else.
  init(_ namespace: NetworkNamespace, directory: String, loop: EventLoop) throws {
    self.namespace = namespace
    self.directory = directory
    self.loop = loop
    ike = try RoleUnderTest(.ike, directory: directory, loop: loop)
    esp = try RoleUnderTest(.esp, directory: directory, loop: loop)
    try introduce()
    esp.channel.onMessage = { [unowned self] message, _ in received(message) }
  }

  private func introduce() throws {
    let (ikeEnd, espEnd) = try MessageChannel.pair()
    ike.channel.send(.esp(isReplacement: false), descriptors: [ikeEnd.descriptor])
    esp.channel.send(.ike, descriptors: [espEnd.descriptor])
    ike.channel.onMessage = { [unowned self] message, _ in received(message) }
  }

  /// Kills the ike role and starts another one with the same sockets, as a supervisor does; it has no connections yet.
  func restartIKE() throws {
    ike.process.signal(9)
    ike = try RoleUnderTest(.ike, directory: directory, loop: loop)
    for uplink in uplinks { lend(uplink) }
    try introduce()
  }

  private func lend(_ uplink: (name: String, address: IPAddress, sockets: [UDPSocket])) {
    ike.channel.send(
      .uplink(name: uplink.name, address: uplink.address), descriptors: uplink.sockets.map(\.descriptor))
  }

  /// Gives the ike role what its tokens and tickets are made with.
  func recover(with secret: SecretBytes) { ike.channel.send(.recovery(secret: secret)) }

  /// From now on counts what comes up as if nothing were.
  func countAnew() {
    established = []
    resumptions = 0
    begun = nil
    begins = [:]
    times = [:]
  }

  /// Lends the roles an uplink's sockets.
  func open(uplink name: String, _ address: IPAddress) throws {
    let (port500, port4500, raw) = try namespace.inside {
      (
        try UDPSocket(bindingTo: Endpoint(address, port: 500)), try UDPSocket(bindingTo: Endpoint(address, port: 4500)),
        try RawESPSocket(bindingTo: address)
      )
    }
    let uplink = (name: name, address: address, sockets: [port500, port4500])
    uplinks.append(uplink)
    lend(uplink)
    esp.channel.send(.uplink(name: name, address: address), descriptors: [port4500.descriptor, raw.descriptor])
  }

  /// Makes a tunnel's interface.
  func addTunnel(_ name: String, number: Int) throws {
    let device = try namespace.inside { try TUNDevice(creating: "vti\(number)") }
    let settings = TunnelSettings(mtu: 1400, measurementInterval: .zero)
    esp.channel.send(.tunnel(name: name, settings), descriptors: [device.descriptor])
  }

  func configure(_ connections: [IKEConnection]) { ike.channel.send(.configure(connections)) }

  /// What the two processes hold, in bytes, each shared page counted by its share.
  var memory: Int { ike.memory + esp.memory }

  func stop() {
    ike.process.signal(9)
    esp.process.signal(9)
  }

  private func received(_ message: IKEToSupervisor) {
    guard case .reports(let reports) = message else { return }
    for report in reports { received(report) }
  }

  private func received(_ report: IKEReport) {
    switch report.content {
    case .connecting:
      let now = SystemClock.now
      begun = begun ?? now
      if let connection = report.connection, begins[connection] == nil { begins[connection] = now }
    case .childEstablished:
      guard let connection = report.connection, established.insert(connection).inserted else { return }
      times[connection] = begins[connection]?.duration(to: SystemClock.now)
      onEstablished()
    case .established(let summary): if summary.isResumed { resumptions += 1 }
    case .failed(let failure):
      failures += 1
      latestFailure = failure.cause
    default: break
    }
  }

  private func received(_ message: ESPToSupervisor) {
    guard case .counters(let tunnels) = message else { return }
    installed.formUnion(tunnels.filter { $0.cipherImplementation != nil }.map(\.tunnel))
  }
}

/// A role's process and the channel to it.
struct RoleUnderTest<Outgoing: Encodable, Incoming: Decodable> {
  let process: ChildProcess
  let channel: RoleChannel<Outgoing, Incoming>

  init(_ role: Role, directory: String, loop: EventLoop) throws {
    let (ours, theirs) = try MessageChannel.pair()
    var program = Program("/proc/self/exe", ["--role", role.rawValue])
    program.inherited = [theirs.descriptor, try Rendezvous(binding: "\(directory)/\(role.rawValue).sock").descriptor]
    program.standardError = try FileDescriptor(path: "\(directory)/\(role.rawValue).log", flags: O_WRONLY | O_CREAT)
    process = try ChildProcess(program)
    channel = try RoleChannel(ours, loop: loop, logger: Logger(label: "bench"))
  }

  /// The process's proportional set size in bytes.
  fileprivate var memory: Int {
    let text = (try? String(contentsOfFile: "/proc/\(process.identifier)/smaps_rollup", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }
}
