import CLinux
import Foundation
import Glibc
import LinuxNetworking
import Logging
import Routing
import Testing
import Topology
import WireFormat

@testable import AgentCore

private let canRunFRR = geteuid() == 0 && Program.find("ospfd") != nil

@Suite("FRR's daemons", .enabled(if: canRunFRR, "they need root and the package frr"))
struct FRRInstanceTests {
  @Test("go on with what they run when a configuration has a line that they refuse, and take the next good one")
  func poisoned() async throws {
    let seen = try await FRRInstanceTests.onThreadOfItsOwn { try Observation() }
    #expect(seen.faults.contains { $0.contains("no such command") }, "\(seen.faults)")
    #expect(seen.afterPoison == seen.beforePoison)
    #expect(seen.beforePoison.contains("ip ospf cost 20"))
    #expect(seen.faultsInTheEnd.isEmpty)
    #expect(seen.inTheEnd.contains("ip ospf cost 33"))
  }

  /// Network namespaces are a thread's.
  private static func onThreadOfItsOwn<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        guard clinux_new_network_namespace() == 0 else {
          return continuation.resume(throwing: LinuxError("unshare"))
        }
        continuation.resume(with: Result { try body() })
      }
    }
  }
}

/// What an instance does with a good configuration, a poisoned one and another good one.
private struct Observation: Sendable {
  let beforePoison, afterPoison, inTheEnd: String
  let faults, faultsInTheEnd: [String]

  init() throws {
    let name = "fabric-test-\(getpid())"
    let loop = try EventLoop()
    let instance = FRRInstance(
      name: name, loop: loop, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    defer {
      instance.stop()
      instance.removeFiles()
    }
    func run(_ site: SiteConfiguration, until isDone: () -> Bool) throws -> String {
      instance.run(FRRConfiguration(site))
      let deadline = ContinuousClock.now + .seconds(60)
      while !isDone(), ContinuousClock.now < deadline {
        try loop.runOnce(timeout: .milliseconds(100))
        instance.watch()
      }
      return try Program("vtysh", ["-N", name, "-c", RunningConfiguration.question]).run(timeout: .seconds(10))
    }
    var site = SampleSite.configuration()
    beforePoison = try run(site) { instance.isSettled }
    var poisoned = site
    poisoned.lans[0].interface = "lan0\n no such command"
    poisoned.tunnels[1].cost = 99
    afterPoison = try run(poisoned) { !instance.faults.isEmpty }
    faults = instance.faults
    site.tunnels[1].cost = 33
    inTheEnd = try run(site) { instance.isSettled }
    faultsInTheEnd = instance.faults
  }
}
