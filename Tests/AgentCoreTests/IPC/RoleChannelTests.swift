import LinuxNetworking
import Logging
import Testing
import WireFormat

@testable import AgentCore

@Suite("A role's channel")
struct RoleChannelTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test("delivers messages in order, with their descriptors")
  func order() throws {
    let loop = try EventLoop()
    let (one, other) = try MessageChannel.pair()
    let sender = try RoleChannel<SupervisorToESP, ESPToSupervisor>(one, loop: loop, logger: logger)
    let receiver = try RoleChannel<ESPToSupervisor, SupervisorToESP>(other, loop: loop, logger: logger)
    var received: [(SupervisorToESP, Int)] = []
    receiver.onMessage = { received.append(($0, $1.count)) }
    sender.send(
      .tunnel(name: "a", TunnelSettings(mtu: 1400, measurementInterval: .zero)), descriptors: [try .memory([1])])
    sender.send(.stop)
    try loop.runOnce(timeout: .seconds(1))
    #expect(received.map(\.0) == [.tunnel(name: "a", TunnelSettings(mtu: 1400, measurementInterval: .zero)), .stop])
    #expect(received.map(\.1) == [1, 0])
  }

  @Test("counts and drops what cannot be decoded, and goes on")
  func malformed() throws {
    let loop = try EventLoop()
    let (one, other) = try MessageChannel.pair()
    let receiver = try RoleChannel<ESPToSupervisor, SupervisorToESP>(other, loop: loop, logger: logger)
    var received: [SupervisorToESP] = []
    receiver.onMessage = { message, _ in received.append(message) }
    let wrongName = try CBOREncoder().encode(["tunnel": ["name": 7]])
    for garbage in [[0], [0xA0], wrongName, [0xFF, 0xFE]] { #expect(try one.send(garbage)) }
    #expect(try one.send(CBOREncoder().encode(SupervisorToESP.stop)))
    try loop.runOnce(timeout: .seconds(1))
    #expect(receiver.malformedCount == 4)
    #expect(received == [.stop])
  }

  @Test("keeps what the kernel has no room for until the other process reads")
  func backlog() throws {
    let loop = try EventLoop()
    let (one, other) = try MessageChannel.pair()
    let sender = try RoleChannel<ESPToSupervisor, SupervisorToESP>(one, loop: loop, logger: logger)
    let counters = (0..<2000).map { TunnelTraffic(tunnel: "tunnel \($0)") }
    for _ in 0..<200 { sender.send(.counters(counters)) }
    var count = 0
    let receiver = try RoleChannel<SupervisorToESP, ESPToSupervisor>(other, loop: loop, logger: logger)
    receiver.onMessage = { _, _ in count += 1 }
    for _ in 0..<1000 where count < 200 { try loop.runOnce(timeout: .milliseconds(100)) }
    #expect(count == 200)
  }

  @Test("carries messages that are larger than a packet, descriptors and all", arguments: [700, 20_000])
  func large(count: Int) throws {
    let loop = try EventLoop()
    let (one, other) = try MessageChannel.pair()
    let sender = try RoleChannel<ESPToSupervisor, SupervisorToESP>(one, loop: loop, logger: logger)
    let receiver = try RoleChannel<SupervisorToESP, ESPToSupervisor>(other, loop: loop, logger: logger)
    var received: [ESPToSupervisor] = []
    var descriptors = 0
    receiver.onMessage = { message, attached in
      received.append(message)
      descriptors += attached.count
    }
    let message = ESPToSupervisor.counters((0..<count).map { TunnelTraffic(tunnel: "tunnel \($0)") })
    sender.send(message, descriptors: [try .memory([1])])
    sender.send(.ready(program: .current))
    try loop.runOnce(timeout: .seconds(1))
    #expect(received == [message, .ready(program: .current)])
    #expect(descriptors == 1)
  }

  @Test("does not wait for a descriptor that is no file, nor for one that is missing")
  func falseFile() throws {
    let loop = try EventLoop()
    let (one, other) = try MessageChannel.pair()
    let receiver = try RoleChannel<ESPToSupervisor, SupervisorToESP>(other, loop: loop, logger: logger)
    let pipe = try FileDescriptor.pipe()
    #expect(try one.send([0x40], descriptors: [pipe.reading]))
    #expect(try one.send([0x40]))
    #expect(try one.send([0x40], descriptors: [.memory(Array("no CBOR".utf8))]))
    try loop.runOnce(timeout: .seconds(1))
    #expect(receiver.malformedCount == 3)
    withExtendedLifetime(pipe) {}
  }

  @Test("tells once when the other process is gone, and takes no more messages")
  func end() throws {
    let loop = try EventLoop()
    var endings = 0
    let receiver = try oneEnd(on: loop)
    receiver.onClose = { endings += 1 }
    for _ in 0..<3 { try loop.runOnce(timeout: .milliseconds(20)) }
    receiver.send(.ready(program: .current))
    #expect(endings == 1)
  }

  /// A channel whose other end closes as this function returns.
  private func oneEnd(on loop: EventLoop) throws -> RoleChannel<ESPToSupervisor, SupervisorToESP> {
    try RoleChannel(try MessageChannel.pair().0, loop: loop, logger: logger)
  }
}
