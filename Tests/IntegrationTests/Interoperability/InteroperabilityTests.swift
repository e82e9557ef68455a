import Foundation
import LinuxNetworking
import Testing

extension IntegrationTests {
  /// Fabric and gateways of other makes, all of them at once in one lab. `make test` asks one of each make; `make interop`
  /// asks all, waits for Fabric's own rekeys too, and prints the matrix that is kept in `docs/interop.md`.
  @Suite("Gateways of other makes")
  struct InteroperabilityTests {
    /// What every make is asked to speak; docs/interop.md says why some are not asked for more.
    static let scenarios = [
      Scenario(.strongSwan, Suite(.aes256gcm16)),
      Scenario(.strongSwan, Suite(.aes256sha256)),
      Scenario(.strongSwan, Suite(.chacha20poly1305)),
      Scenario(.strongSwanKernel, Suite(.aes256gcm16, group: .x25519, esn: true)),
      Scenario(.strongSwanKernel, Suite(.aes256sha256, group: .modp2048, esn: true)),
      Scenario(.strongSwanKernel, Suite(.chacha20poly1305, group: .ecp384, esn: true)),
      Scenario(.libreswan, Suite(.aes256gcm16, group: .ecp384, esn: true)),
      Scenario(.libreswan, Suite(.aes256sha256, group: .modp2048)),
      Scenario(.libreswan, Suite(.chacha20poly1305, group: .x25519, esn: true)),
      Scenario(.openIKED, Suite(.aes256gcm16, esp: .aes256sha512, group: .x25519)),
      Scenario(.openIKED, Suite(.aes256sha256, esp: .aes256sha512, group: .ecp384)),
    ]

    /// Who proves its identity by what; the last ones mix in a post-quantum preshared key as well.
    static let proofs = [
      Scenario(.strongSwan, Suite(authentication: .rsa)),
      Scenario(.strongSwan, Suite(.chacha20poly1305, group: .x25519, authentication: .ecdsa)),
      Scenario(.strongSwan, Suite(.aes256sha256, authentication: .ed25519)),
      Scenario(.strongSwanKernel, Suite(.aes256sha256, esn: true, authentication: .ed25519)),
      Scenario(.strongSwanKernel, Suite(.aes256gcm16, group: .ecp384, esn: true, authentication: .rsa)),
      Scenario(.strongSwanKernel, Suite(.chacha20poly1305, esn: true, authentication: .ecdsa)),
      Scenario(.libreswan, Suite(.aes256gcm16, group: .x25519, esn: true, authentication: .rsa)),
      Scenario(.libreswan, Suite(.chacha20poly1305, group: .ecp384, esn: true, authentication: .ecdsa)),
      Scenario(.openIKED, Suite(.aes256gcm16, esp: .aes256sha512, group: .x25519, authentication: .rsaPKCS1)),
      Scenario(.openIKED, Suite(.aes256sha256, esp: .aes256sha512, group: .ecp384, authentication: .ecdsa)),
      Scenario(.strongSwan, Suite(group: .x25519, hasPostQuantumKey: true)),
      Scenario(.strongSwanKernel, Suite(group: .x25519, authentication: .rsa, hasPostQuantumKey: true)),
      Scenario(.libreswan, Suite(group: .ecp384, hasPostQuantumKey: true)),
    ]

    private static let isComplete = ProcessInfo.processInfo.environment["FABRIC_INTEROP"] == "all"

    /// The scenarios whose peers are on this machine; of each make the first only, unless the run is to be complete.
    private static func asked(of scenarios: [Scenario]) -> [Scenario] {
      Make.allCases.filter(\.isAvailable).flatMap { make in
        scenarios.filter { $0.make == make }.prefix(isComplete ? .max : 1)
      }
    }

    @Test("do all of it when Fabric calls them")
    func fabricInitiates() async throws {
      try await run(
        "Fabric calls", Self.scenarios, nat: .none,
        [
          .establish, .fragments, .transfer, .peerRekeysChild, .peerRekeysIKE, .fabricRekeysBoth, .peerDeletes,
          .peerDies,
        ])
    }

    @Test("do all of it when they call Fabric from behind a NAT")
    func peerInitiates() async throws {
      try await run(
        "The peer calls, from behind a NAT", Self.scenarios, nat: .beforePartners,
        [
          .establish, .fragments, .transfer, .peerRekeysChild, .peerRekeysIKE, .natForgets, .peerDeletes,
          .fabricDeletes,
        ])
    }

    @Test("do all of it when Fabric calls them from behind a NAT")
    func fabricInitiatesBehindNAT() async throws {
      try await run(
        "Fabric calls, from behind a NAT", Self.scenarios, nat: .beforeHub,
        [.establish, .fragments, .transfer, .peerRekeysChild, .peerRekeysIKE, .natForgets, .lineDies])
    }

    @Test("prove their identity by certificates and mix keys in, when Fabric calls them")
    func fabricInitiatesWithCertificates() async throws {
      try await run(
        "Certificates and post-quantum preshared keys, Fabric calls", Self.proofs, nat: .none,
        [.establish, .fragments, .transfer, .peerRekeysIKE, .peerDeletes])
    }

    @Test(
      "prove their identity by certificates and mix keys in when they call Fabric from behind a NAT",
      .enabled(if: isComplete, "for `make interop`"))
    func peerInitiatesWithCertificates() async throws {
      try await run(
        "Certificates and post-quantum preshared keys, the peer calls from behind a NAT", Self.proofs,
        nat: .beforePartners, [.establish, .fragments, .transfer, .peerRekeysIKE, .peerDeletes])
    }

    private func run(
      _ title: String, _ scenarios: [Scenario], nat: ThirdParties.NAT, _ steps: [Step]
    ) async throws {
      let scenarios = Self.asked(of: scenarios)
      let steps = steps.filter { Self.isComplete || $0 != .fabricRekeysBoth }
      let parties = try ThirdParties(scenarios.map(\.suite), nat: nat, lifetime: 60)
      var matrix = InteroperabilityMatrix(title, steps, scenarios)
      try await RunningLab.with(text: parties.topology(), options: ["--no-start"]) { lab in
        try parties.installAuthority()
        var conversations = try Conversation.start(scenarios, parties, in: lab)
        _ = try FabricBinary.run(["lab", "start", "--timeout", "60s"], timeout: .seconds(120))
        for step in steps {
          let deadline = ContinuousClock.now + .seconds(step.limit)
          try step.begin(in: lab, parties)
          let able = conversations.indices.filter {
            matrix.isSound($0) && step.isAsked(of: conversations[$0].scenario, nat)
          }
          for index in able { try conversations[index].begin(step) }
          for index in able { try await matrix.record(step, of: index, conversations[index], by: deadline) }
        }
        for conversation in conversations { try conversation.peer.machine.stop() }
      }
      print(matrix.text)
    }
  }
}
