import ESP
import FabricCrypto
import FoundationEssentials
import LinuxNetworking
import Testing
import Topology
import WireFormat

@testable import AgentCore

/// Two esp roles in two network namespaces, real devices and sockets, keys given by the test.
@Suite(.needsRoot, .serialized)
struct ESPRoleTests {
  private static let gcm = ProtectionSuite.aead(.aes256GCM16)
  private static let suites: [ProtectionSuite] = [
    gcm, .encryptThenMAC(.aes256CBC, .hmacSHA256_128), .encryptThenMAC(.aes128CBC, .hmacSHA512_256),
  ]

  @Test(
    "IPv4 and IPv6 pings cross the tunnel under every suite, in UDP and as protocol 50", arguments: suites,
    [true, false])
  func carriesPings(suite: ProtectionSuite, isEncapsulated: Bool) throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(suite, isEncapsulated: isEncapsulated, isExtended: true)
    #expect(try gateways.ping("10.77.0.2", count: 10))
    #expect(try gateways.ping("fd77::2", size: 1300))
    // Both ends count every echo and reply, and count the same inner bytes.
    let bytes: UInt64 = 10 * 84 + 3 * 1348
    #expect(
      try gateways.run {
        [gateways.left, gateways.right].allSatisfy {
          ($0.counters?.bytesIn ?? 0) >= bytes && ($0.counters?.bytesOut ?? 0) >= bytes
        }
      })
  }

  @Test(
    "A TCP transfer of 20 MB arrives byte for byte, also where the wire is too narrow for a train",
    arguments: [1500, 1300], [true, false])
  func carriesTransfer(wireMTU: UInt32, isEncapsulated: Bool) throws {
    let gateways = try TestGateways(outer: .v4)
    for gateway in [gateways.left, gateways.right] {
      let routing = try RouteNetlink(in: gateway.namespace)
      try routing.setMTU(wireMTU, link: routing.existingLink(named: "wire").index)
    }
    try gateways.install(ESPRoleTests.gcm, isEncapsulated: isEncapsulated)
    for address in ["10.77.0.2", "fd77::2"] { #expect(try gateways.transfer(to: address) == .exited(0)) }
  }

  @Test("A wire that swallows big packets is measured; senders are told, and a TCP transfer passes")
  func findsBlackHole() throws {
    let gateways = try TestGateways(outer: .v4)
    // What is larger than the receiving end's MTU and a VLAN tag vanishes in a virtual cable.
    let routing = try RouteNetlink(in: gateways.right.namespace)
    try routing.setMTU(1300, link: routing.existingLink(named: "wire").index)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.run { gateways.left.counters?.pathMTU.map { (1297...1304).contains($0) } ?? false })
    #expect(try gateways.ping("10.77.0.2", count: 1, size: 1180))
    #expect(try !gateways.ping("10.77.0.2", count: 1, size: 1360))
    #expect(try gateways.ping("10.77.0.2", count: 1, size: 1360), "the kernel has learned to fragment")
    for address in ["10.77.0.2", "fd77::2"] { #expect(try gateways.transfer(to: address) == .exited(0)) }
    #expect(try gateways.run { (gateways.left.counters?.drops["tooBig"] ?? 0) >= 1 })
  }

  @Test(
    "IPv6 packets of 1,280 bytes cross a path that is too narrow for them, as every link must let them",
    arguments: [IPAddress.Family.v4, .v6], [true, false])
  func carriesMinimumOfIPv6(outer: IPAddress.Family, isEncapsulated: Bool) throws {
    let gateways = try TestGateways(outer: outer)
    for gateway in [gateways.left, gateways.right] {
      let routing = try RouteNetlink(in: gateway.namespace)
      try routing.setMTU(1280, link: routing.existingLink(named: "wire").index)
    }
    try gateways.install(ESPRoleTests.gcm, isEncapsulated: isEncapsulated)
    #expect(try gateways.run { gateways.left.counters?.pathMTU.map { $0 <= 1280 } ?? false })
    #expect(try gateways.ping("fd77::2", count: 20, size: 1232))
    #expect(try !gateways.ping("fd77::2", count: 1, size: 1233), "a longer one is not carried, and its sender is told")
    #expect(try gateways.transfer(to: "fd77::2") == .exited(0))
  }

  @Test("The path is measured at the interval of the topology, and the peer's answers are counted")
  func measures() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.run { (gateways.left.counters?.measurement?.tests ?? 0) >= 10 })
    let measurement = try #require(gateways.left.counters?.measurement)
    #expect(measurement.lost == 0)
    #expect(measurement.shortestRoundTrip > .zero && measurement.shortestRoundTrip <= measurement.meanRoundTrip)
    // A peer that throws everything away.
    gateways.right.ike.send(.delete(tunnel: "tunnel", inboundSPI: try #require(ESPSPI(rawValue: 2000))))
    #expect(try gateways.run { (gateways.left.counters?.measurement?.lost ?? 0) >= 10 })
    #expect(try gateways.run { gateways.right.drops["unknownSPI"] ?? 0 >= 10 })
  }

  @Test("Another MTU of the interface takes effect on a tunnel that is up")
  func changesMTU() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.run { gateways.left.counters?.pathMTU ?? 0 >= 1440 })
    let narrower = TunnelSettings(mtu: 1300, measurementInterval: .zero)
    gateways.left.toESP.send(.change(name: "tunnel", narrower))
    #expect(try gateways.run { gateways.left.counters?.pathMTU.map { (1360...1364).contains($0) } ?? false })
    #expect(gateways.left.counters?.measurement == nil)
    #expect(try gateways.ping("10.77.0.2"))
  }

  @Test("A tunnel whose tests are not answered is silent, and alive again when they are")
  func tellsLiveness() throws {
    let gateways = try TestGateways(outer: .v4)
    let watched = TunnelSettings(
      mtu: 1400, measurementInterval: .zero, liveness: LivenessTimers(intervalMilliseconds: 20, multiplier: 3))
    for gateway in [gateways.left, gateways.right] { gateway.toESP.send(.change(name: "tunnel", watched)) }
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.run { (gateways.left.counters?.measurement?.tests ?? 0) > 3 })
    let wire = try RouteNetlink(in: gateways.right.namespace)
    let index = try wire.existingLink(named: "wire").index
    try wire.setUp(false, link: index)
    #expect(try gateways.run { gateways.left.health == ["silent"] && gateways.right.health == ["silent"] })
    try wire.setUp(link: index)
    #expect(
      try gateways.run { gateways.left.health == ["silent", "good"] && gateways.right.health == ["silent", "good"] })
  }

  @Test("A new negotiation proves that a silent tunnel lives")
  func negotiationProvesLife() throws {
    let gateways = try TestGateways(outer: .v4)
    let watched = TunnelSettings(
      mtu: 1400, measurementInterval: .zero, liveness: LivenessTimers(intervalMilliseconds: 20, multiplier: 50))
    gateways.left.toESP.send(.change(name: "tunnel", watched))
    try gateways.install(ESPRoleTests.gcm)
    gateways.left.toESP.send(.lineLost(uplink: "wan"))
    #expect(try gateways.run { gateways.left.health == ["silent"] })
    try gateways.install(ESPRoleTests.gcm, spis: (1001, 2001)) { $0.replaces = ESPSPI(rawValue: 1000) }
    #expect(try gateways.run { gateways.left.health == ["silent", "good"] })
  }

  @Test("Where the line is slow, packets wait in their tunnel's queue and none is refused by the socket")
  func holdsBack() throws {
    let gateways = try TestGateways(outer: .v4)
    let slow = "qdisc add dev wire root tbf rate 20mbit burst 64kb limit 20mb".split(separator: " ").map(String.init)
    try Program("tc", slow, in: gateways.left.namespace).run()
    try gateways.install(ESPRoleTests.gcm)
    let source = Endpoint(try #require(IPAddress("10.77.0.1")), port: 0)
    let sink = Endpoint(try #require(IPAddress("10.77.0.2")), port: 9)
    let sender = try gateways.left.namespace.inside { try UDPSocket(bindingTo: source) }
    for _ in 0..<80 {
      for _ in 0..<50 { _ = try? sender.send([UInt8](repeating: 1, count: 1000), to: sink) }
      try gateways.loop.runOnce(timeout: .zero)
    }
    // 4 MB at once, of which the socket holds one and the tunnel's queue half a one.
    #expect(try gateways.run { (gateways.left.counters?.packetsOut ?? 0) > 0 })
    #expect(gateways.left.counters?.packetsOut ?? 0 < 3000)
    #expect(try gateways.run { try gateways.ping("10.77.0.2", count: 1) }, "the tunnel gets its turn again")
    #expect(gateways.left.counters?.drops["refusedBySystem"] == nil)
  }

  @Test("DSCP and ECN of the inner packet stand on the outer one", arguments: [IPAddress.Family.v4, .v6])
  func copiesTrafficClass(outer: IPAddress.Family) throws {
    let gateways = try TestGateways(outer: outer)
    let socket = try gateways.right.namespace.inside {
      try UDPSocket(bindingTo: Endpoint(gateways.right.uplinkAddress, port: 4501))
    }
    try socket.receiveTrafficClass()
    try gateways.install(ESPRoleTests.gcm) { $0.remoteEndpoint = socket.localEndpoint }
    let batch = DatagramBatch()
    #expect(try !gateways.ping("10.77.0.2", count: 1, trafficClass: 0xB9))
    var classes: Set<UInt8> = []
    while case let count = try batch.receive(from: socket), count > 0 {
      classes.formUnion((0..<count).map { batch.trafficClass($0) })
    }
    // Probes and neighbour discovery have a class of their own.
    #expect(classes.contains(0xB9))
  }

  @Test("The outer packets may be IPv6, in UDP and as protocol 50", arguments: [true, false])
  func carriesOverIPv6(isEncapsulated: Bool) throws {
    let gateways = try TestGateways(outer: .v6)
    try gateways.install(ESPRoleTests.gcm, isEncapsulated: isEncapsulated)
    #expect(try gateways.ping("10.77.0.2"))
    #expect(try gateways.ping("fd77::2"))
  }

  @Test("Without an SA packets are dropped and counted, and none comes out at the other end")
  func dropsWithoutSA() throws {
    let gateways = try TestGateways(outer: .v4)
    #expect(try !gateways.ping("10.77.0.2", count: 1))
    #expect(try gateways.run { (gateways.left.counters?.drops["noOutboundSA"] ?? 0) > 0 })
    #expect(gateways.left.counters?.packetsOut == 0)
    #expect(gateways.right.counters?.packetsIn ?? 0 == 0)
  }

  @Test("A deleted SA carries nothing any more, in either direction")
  func deletes() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.ping("10.77.0.2"))
    gateways.left.ike.send(.delete(tunnel: "tunnel", inboundSPI: try #require(ESPSPI(rawValue: 1000))))
    #expect(try !gateways.ping("10.77.0.2", count: 1))
  }

  @Test("A second pair takes over and the first can go without a packet lost")
  func rekeys() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.ping("10.77.0.2"))
    try gateways.install(ESPRoleTests.gcm, spis: (1001, 2001)) { $0.replaces = ESPSPI(rawValue: 1000) }
    #expect(try gateways.ping("10.77.0.2"))
    for (gateway, spi) in [(gateways.left, UInt32(1000)), (gateways.right, 2000)] {
      gateway.ike.send(.delete(tunnel: "tunnel", inboundSPI: try #require(ESPSPI(rawValue: spi))))
    }
    #expect(try gateways.ping("10.77.0.2"))
  }

  @Test("IKE messages on port 4500 reach ike without their marker; keepalives and noise do not")
  func passesIKE() throws {
    let gateways = try TestGateways(outer: .v4)
    let stranger = try gateways.left.namespace.inside {
      try UDPSocket(bindingTo: Endpoint(gateways.left.uplinkAddress, port: 0))
    }
    let right = Endpoint(gateways.right.uplinkAddress, port: 4500)
    for datagram in [[0xFF], [0, 0, 0], [0, 0, 0, 9, 0, 0, 0, 1, 5, 5, 5], [0, 0, 0, 0, 1, 2, 3]] as [[UInt8]] {
      #expect(try stranger.send(datagram, to: right))
    }
    #expect(try gateways.run { !gateways.right.messagesToIKE.isEmpty && !gateways.right.drops.isEmpty })
    #expect(
      gateways.right.messagesToIKE == [
        .datagram(uplink: "wan", local: right, remote: stranger.localEndpoint, bytes: [1, 2, 3])
      ])
    // An SPI below 256 is reserved, and no SA has it.
    #expect(gateways.right.drops == ["truncated": 1, "unknownSPI": 1])
  }

  @Test("Authentic packets are reported as signs of life; forged ones are counted at their tunnel")
  func reportsLife() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    let stranger = try gateways.left.namespace.inside {
      try UDPSocket(bindingTo: Endpoint(gateways.left.uplinkAddress, port: 0))
    }
    let forged = [0, 0, 0x07, 0xD0, 0, 0, 1, 0] + [UInt8](repeating: 0, count: 64)
    #expect(try stranger.send(forged, to: Endpoint(gateways.right.uplinkAddress, port: 4500)))
    #expect(try gateways.run { gateways.right.counters?.drops["notAuthentic"] == 1 })
    #expect(try gateways.ping("10.77.0.2"))
    #expect(try gateways.run { gateways.right.messagesToIKE.contains(.inboundTraffic(tunnels: ["tunnel"])) })
  }

  @Test("Reaching the soft limit of bytes asks ike for a rekey, once")
  func asksForRekey() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm) { $0.softLifetimeBytes = 1000 }
    let request = ESPToIKE.rekey(tunnel: "tunnel", inboundSPI: try #require(ESPSPI(rawValue: 1000)))
    #expect(try gateways.ping("10.77.0.2", count: 20))
    #expect(try gateways.run { gateways.left.messagesToIKE.contains(request) })
    #expect(try gateways.ping("10.77.0.2", count: 110, size: 1000))
    #expect(gateways.left.messagesToIKE.filter { $0 == request }.count == 1)
  }

  @Test("A pair that cannot be installed is refused with the reason")
  func refuses() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    try gateways.install(ESPRoleTests.gcm) { $0.tunnel = "another" }
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.run { gateways.left.messagesToIKE.count == 2 })
    let spi = try #require(ESPSPI(rawValue: 1000))
    #expect(
      gateways.left.messagesToIKE.first
        == .installFailed(tunnel: "another", inboundSPI: spi, reason: "there is no such tunnel"))
    guard case .installFailed("tunnel", spi, _) = gateways.left.messagesToIKE.last else {
      Issue.record("a duplicate SPI was taken")
      return
    }
  }

  @Test("After a move packets go to the new endpoint")
  func moves() throws {
    let gateways = try TestGateways(outer: .v4)
    let elsewhere = Endpoint(gateways.right.uplinkAddress, port: 4501)
    try gateways.install(ESPRoleTests.gcm) { $0.remoteEndpoint = elsewhere }
    #expect(try !gateways.ping("10.77.0.2", count: 1))
    gateways.left.ike.send(
      .move(
        tunnel: "tunnel", inboundSPI: try #require(ESPSPI(rawValue: 1000)),
        local: Endpoint(gateways.left.uplinkAddress, port: 4500),
        remote: Endpoint(gateways.right.uplinkAddress, port: 4500), isEncapsulatedInUDP: true, isBehindNAT: false))
    #expect(try gateways.ping("10.77.0.2"))
  }

  @Test("SAs outlive the ike role that installed them")
  func survivesIKE() throws {
    let gateways = try TestGateways(outer: .v4)
    try gateways.install(ESPRoleTests.gcm)
    #expect(try gateways.ping("10.77.0.2"))
    gateways.left.ike.close()
    let (_, espEnd) = try MessageChannel.pair()
    gateways.left.toESP.send(.ike, descriptors: [espEnd.descriptor])
    #expect(try gateways.ping("10.77.0.2"))
  }

  @Test("A role that is told to stop, or has lost the only supervisor, ends its loop", arguments: [true, false])
  func ends(isTold: Bool) throws {
    let loop = try EventLoop()
    let (supervisorEnd, roleEnd) = try MessageChannel.pair()
    let role = try ESPRole(
      supervisor: SupervisorChannel(roleEnd, rendezvous: nil, loop: loop, logger: .quiet), loop: loop, logger: .quiet)
    var supervisor: RoleChannel<SupervisorToESP, ESPToSupervisor>? = try RoleChannel(
      supervisorEnd, loop: EventLoop(), logger: .quiet)
    if isTold { supervisor?.send(.stop) } else { supervisor = nil }
    withExtendedLifetime(role) {}
    _ = consume supervisorEnd
    try loop.run()
  }
}
