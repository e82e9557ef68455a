import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 7296 section 2.21.1: whoever sees IKE_SA_INIT can answer it faster than the peer.
@Suite("Forged answers to IKE_SA_INIT")
struct DeviationTests {
  /// Two gateways whose first answer is preceded by forged ones.
  private func attack(_ payloads: [Payload], times: Int = 1) -> TwoGateways {
    let pair = TwoGateways()
    var isDone = false
    pair.rewrite = { [unowned pair] datagram in
      guard !isDone, let request = try? ReceivedMessage(datagram.bytes), request.header.exchangeType == .initial,
        !request.header.isResponse
      else { return datagram }
      isDone = true
      let forged = IKEMessage(header: request.header.refusal, payloads: payloads).encoded()
      let answer = IKEDatagram(uplink: "isp", local: datagram.remote, remote: datagram.local, bytes: forged)
      for _ in 0..<times { pair.send([answer]) }
      return datagram
    }
    pair.configure()
    return pair
  }

  // A                          attacker            B
  // SA, KE, Ni              ───────────────────▶
  //        ◀── N(NO_PROPOSAL_CHOSEN)
  //        ◀─────────────────────────────────── SA, KE, Nr
  @Test(
    "an error that comes before the peer's answer does not end the exchange",
    arguments: [NotifyType.noProposalChosen, .invalidSyntax, .invalidMajorVersion, .authenticationFailed])
  func forgedError(type: NotifyType) {
    let pair = attack([.notify(NotifyPayload(type))])
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.failures.isEmpty)
  }

  @Test("an answer without payloads does not either")
  func emptyAnswer() {
    let pair = attack([])
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a true error is believed after a third of a second, and told as it is")
  func trueError() {
    let pair = TwoGateways()
    pair.configure(right: {
      $0.ikeProposals = IKEProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256], keyExchangeMethods: [.ecp384])
    })
    pair.run(for: .milliseconds(250))
    #expect(pair.left.failures.isEmpty)
    pair.run(for: .milliseconds(400))
    #expect(pair.left.failures.first?.cause.hasPrefix("no proposal chosen") == true)
  }

  @Test("after 32 answers to a request no other is looked at, and the next attempt succeeds")
  func flood() {
    let pair = attack([.notify(NotifyPayload(.invalidSyntax))], times: 100)
    pair.run(for: .milliseconds(400))
    #expect(pair.left.established.isEmpty)
    #expect(pair.left.sessions.first?.answers ?? 0 > 32)
    pair.run(for: .seconds(5))
    #expect(pair.haveOneMatchingChild)
  }
}
