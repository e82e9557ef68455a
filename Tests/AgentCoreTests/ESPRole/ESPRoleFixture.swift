import ESP
import FabricCrypto
import Foundation
import LinuxNetworking
import Logging
import Testing
import WireFormat

@testable import AgentCore

/// Tests that create interfaces and namespaces need root; elsewhere they are skipped and say why.
extension Trait where Self == ConditionTrait {
  static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root: creates interfaces and network namespaces") }
}

extension Logger {
  static var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// A network namespace that lives as long as this value.
private final class TestNamespace {
  let namespace: NetworkNamespace

  init(side: String) throws {
    namespace = NetworkNamespace("fabric-test-\(side)-\(UInt32.random(in: 0 ... .max))")
    try Program("ip", ["netns", "add", namespace.name]).run()
  }

  deinit { _ = try? Program("ip", ["netns", "delete", namespace.name]).run() }
}

/// One gateway: an esp role of this process with its devices and sockets in a network namespace of its own, and the
/// ends of its channels, on which the test plays supervisor and ike role.
final class TestGateway {
  let namespace: NetworkNamespace
  let uplinkAddress: IPAddress
  let toESP: RoleChannel<SupervisorToESP, ESPToSupervisor>
  let ike: RoleChannel<IKEToESP, ESPToIKE>
  private(set) var counters: TunnelTraffic?
  private(set) var drops: [String: UInt64] = [:]
  private(set) var messagesToIKE: [ESPToIKE] = []
  private(set) var isReady = false
  /// What was said of the tunnel, in order.
  private(set) var health: [String] = []
  private var role: ESPRole?

  init(_ namespace: NetworkNamespace, uplinkAddress: IPAddress, overlayAddresses: [String], loop: EventLoop) throws {
    self.namespace = namespace
    self.uplinkAddress = uplinkAddress
    let (supervisorEnd, roleEnd) = try MessageChannel.pair()
    let (ikeEnd, espEnd) = try MessageChannel.pair()
    let supervisor = try SupervisorChannel<ESPToSupervisor, SupervisorToESP>(
      roleEnd, rendezvous: nil, loop: loop, logger: .quiet)
    role = try ESPRole(supervisor: supervisor, loop: loop, logger: .quiet)
    toESP = try RoleChannel(supervisorEnd, loop: loop, logger: .quiet)
    ike = try RoleChannel(ikeEnd, loop: loop, logger: .quiet)
    toESP.onMessage = { [unowned self] message, _ in take(message) }
    ike.onMessage = { [unowned self] message, _ in messagesToIKE.append(message) }

    let device = try namespace.inside { try TUNDevice(creating: "vti") }
    let settings = TunnelSettings(mtu: 1400, measurementInterval: .milliseconds(100))
    toESP.send(.tunnel(name: "tunnel", settings), descriptors: [device.descriptor])
    let encapsulated = try namespace.inside { try UDPSocket(bindingTo: Endpoint(uplinkAddress, port: 4500)) }
    let plain = try namespace.inside { try RawESPSocket(bindingTo: uplinkAddress) }
    toESP.send(
      .uplink(name: "wan", address: uplinkAddress), descriptors: [encapsulated.descriptor, plain.descriptor])
    toESP.send(.ike, descriptors: [espEnd.descriptor])
    try bringUpTunnelInterface(overlayAddresses)
  }

  private func bringUpTunnelInterface(_ addresses: [String]) throws {
    let routing = try RouteNetlink(in: namespace)
    let link = try routing.existingLink(named: "vti")
    try routing.setMTU(1400, link: link.index)
    for text in addresses {
      let address = try #require(InterfaceAddress(text))
      try routing.ensureAddress(LinkAddress(linkIndex: link.index, address: address))
    }
    try routing.setUp(link: link.index)
  }

  private func take(_ message: ESPToSupervisor) {
    switch message {
    case .ready: isReady = true
    case .uplink, .tunnel, .classHealth: break
    case .health(_, .silent): health.append("silent")
    case .health(_, .poor): health.append("poor")
    case .health(_, .good): health.append("good")
    case .counters(let all): counters = all.first
    case .drops(let all): drops = all
    }
  }
}

/// Two gateways on one wire, driven by one loop.
///
///     vti 10.77.0.1, fd77::1                                            vti 10.77.0.2, fd77::2
///        left esp role ── wire 192.0.2.1 or 2001:db8::1  192.0.2.2 or 2001:db8::2 ── right esp role
final class TestGateways {
  let loop: EventLoop
  let left: TestGateway
  let right: TestGateway
  private let ownedNamespaces: [TestNamespace]

  init(outer family: IPAddress.Family) throws {
    ownedNamespaces = try ["left", "right"].map { try TestNamespace(side: $0) }
    let namespaces = ownedNamespaces.map(\.namespace)
    try RouteNetlink(in: namespaces[0]).createVirtualCable("wire", peer: "wire", peerNamespace: namespaces[1])
    let outer = try TestGateways.address(namespaces, family)
    loop = try EventLoop()
    left = try TestGateway(
      namespaces[0], uplinkAddress: outer[0], overlayAddresses: ["10.77.0.1/24", "fd77::1/64"], loop: loop)
    right = try TestGateway(
      namespaces[1], uplinkAddress: outer[1], overlayAddresses: ["10.77.0.2/24", "fd77::2/64"], loop: loop)
  }

  private static func address(_ namespaces: [NetworkNamespace], _ family: IPAddress.Family) throws -> [IPAddress] {
    let texts = family == .v4 ? ["192.0.2.1/24", "192.0.2.2/24"] : ["2001:db8::1/64", "2001:db8::2/64"]
    return try zip(namespaces, texts).map { namespace, text in
      let routing = try RouteNetlink(in: namespace)
      let wire = try routing.existingLink(named: "wire")
      let address = try #require(InterfaceAddress(text))
      try routing.ensureAddress(LinkAddress(linkIndex: wire.index, address: address))
      try routing.setUp(link: wire.index)
      return address.address
    }
  }

  /// Turns the loop until `condition` holds; false if it does not in time.
  func run(for limit: Duration = .seconds(5), until condition: () throws -> Bool) throws -> Bool {
    let deadline = SystemClock.now.advanced(by: limit)
    while try !condition() {
      if SystemClock.now > deadline { return false }
      try loop.runOnce(timeout: .milliseconds(20))
    }
    return true
  }

  /// Pings from the left gateway through the tunnel; whether every ping was answered.
  func ping(_ destination: String, count: Int = 3, size: Int = 56, trafficClass: UInt8 = 0) throws -> Bool {
    var program = Program(
      "ping",
      [
        "-q", "-i", "0.01", "-w", "\(1 + count / 50)", "-c", "\(count)", "-s", "\(size)", "-Q", "\(trafficClass)",
        destination,
      ],
      in: left.namespace)
    program.standardOutput = try FileDescriptor(path: "/dev/null", flags: O_WRONLY)
    let child = try ChildProcess(program)
    var status: LinuxNetworking.ExitStatus?
    _ = try run {
      status = try child.reap()
      return status != nil
    }
    return status == .exited(0)
  }

  /// Sends 20 MB of noise from the left gateway to the right one by TCP; exit status 0 if the same bytes arrived.
  func transfer(to address: String) throws -> LinuxNetworking.ExitStatus? {
    let script = """
      import hashlib, random, socket, sys
      family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
      data = random.Random(1).randbytes(20_000_000)
      if sys.argv[1] == "receive":
        listener = socket.create_server((sys.argv[2], 9999), family=family)
        listener.settimeout(10)
        connection, digest = listener.accept()[0], hashlib.sha256()
        connection.settimeout(10)
        while chunk := connection.recv(1 << 20): digest.update(chunk)
        sys.exit(digest.digest() != hashlib.sha256(data).digest())
      for attempt in range(100):
        try: connection = socket.create_connection((sys.argv[2], 9999), timeout=1); break
        except OSError: __import__("time").sleep(0.05)
      connection.settimeout(10); connection.sendall(data)
      """
    let receiver = try ChildProcess(Program("python3", ["-c", script, "receive", address], in: right.namespace))
    let sender = try ChildProcess(Program("python3", ["-c", script, "send", address], in: left.namespace))
    var status: LinuxNetworking.ExitStatus?
    _ = try run(for: .seconds(15)) {
      status = try receiver.reap()
      return status != nil
    }
    for child in [receiver, sender] {
      child.signal(SIGKILL)
      _ = try? child.wait(timeout: .seconds(1))
    }
    return status
  }

  /// Installs a Child SA on both ends; `change` may alter the left end's half before.
  func install(
    _ suite: ProtectionSuite, isEncapsulated: Bool = true, isExtended: Bool = false,
    spis: (UInt32, UInt32) = (1000, 2000),
    change: (inout ChildSAInstallation) -> Void = { _ in }
  ) throws {
    let leftSPI = try #require(ESPSPI(rawValue: spis.0))
    let rightSPI = try #require(ESPSPI(rawValue: spis.1))
    var half = ChildSAInstallation(
      tunnel: "tunnel", uplink: "wan", inboundSPI: leftSPI, outboundSPI: rightSPI, suite: suite,
      usesExtendedSequenceNumbers: isExtended, inboundKeys: keys(suite, 1), outboundKeys: keys(suite, 2),
      localEndpoint: Endpoint(left.uplinkAddress, port: 4500),
      remoteEndpoint: Endpoint(right.uplinkAddress, port: 4500),
      isEncapsulatedInUDP: isEncapsulated, localSelectors: [.any(.v4), .any(.v6)],
      remoteSelectors: [.any(.v4), .any(.v6)], replayWindow: 1024, isInitiator: true, replaces: nil,
      isBehindNAT: false, softLifetimeBytes: nil)
    right.ike.send(.install(mirrored(half)))
    change(&half)
    left.ike.send(.install(half))
    // What has been sent is there to read: a few turns bring it through both channels.
    for _ in 0..<5 { try loop.runOnce(timeout: .zero) }
  }

  private func mirrored(_ half: ChildSAInstallation) -> ChildSAInstallation {
    var other = half
    swap(&other.inboundSPI, &other.outboundSPI)
    swap(&other.inboundKeys, &other.outboundKeys)
    swap(&other.localEndpoint, &other.remoteEndpoint)
    swap(&other.localSelectors, &other.remoteSelectors)
    other.isInitiator = false
    return other
  }

  private func keys(_ suite: ProtectionSuite, _ seed: UInt8) -> ChildSAInstallation.Keys {
    let length = suite.encryption.keyLength + suite.encryption.saltLength
    return ChildSAInstallation.Keys(
      encryption: SecretBytes([UInt8](repeating: seed, count: length)),
      integrity: suite.integrity.map { SecretBytes([UInt8](repeating: seed + 100, count: $0.keyLength)) })
  }
}
