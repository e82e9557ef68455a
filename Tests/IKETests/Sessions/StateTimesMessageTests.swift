import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// Every exchange type, flag and message id in every state, sealed with the right keys, with wrong ones, and in clear.
@Suite("State × message")
struct StateTimesMessageTests {
  /// A state that a session can be in, and how it gets there.
  enum State: String, CaseIterable, CustomTestStringConvertible {
    case initSent = "IKE_SA_INIT is out"
    case authSent = "IKE_AUTH is out"
    case initAnswered = "IKE_SA_INIT is answered"
    case intermediateSent = "IKE_INTERMEDIATE is out"
    case intermediateAwaited = "IKE_SA_INIT is answered, IKE_INTERMEDIATE is to come"
    case establishedInitiator = "established, as initiator"
    case establishedResponder = "established, as responder"
    case rekeyingChild = "a rekey of the Child SA is out"
    case rekeyingIKE = "a rekey of the IKE SA is out"
    case followingUp = "IKE_FOLLOWUP_KE is out"
    case followUpAwaited = "CREATE_CHILD_SA is answered, IKE_FOLLOWUP_KE is to come"
    case replaced = "rekeyed, DELETE is out"
    case successor = "made by a rekey that crosses ours"
    case deleting = "DELETE is out"
    case ended = "deleted by the peer"

    var testDescription: String { rawValue }

    /// Whether ML-KEM follows every key exchange.
    var isPostQuantum: Bool {
      [.intermediateSent, .intermediateAwaited, .followingUp, .followUpAwaited].contains(self)
    }
  }

  /// How a message is protected.
  private enum Protection: CaseIterable { case right, wrong, none }

  /// A session under test, and the peer's end of it.
  private struct Subject {
    let pair: TwoGateways
    let gateway: Gateway
    let session: IKESession
    let peer: IKESession?

    /// What must not change: what is up, and what has been said to be up.
    var standing: [Int] { [gateway.childrenEstablished.count, gateway.established.count] }
  }

  private static let types: [UInt8] = [0, 33, 34, 35, 36, 37, 38, 43, 44, 240, 255]
  private static let contents: [[Payload]] = [
    [],
    [.nonce(NoncePayload(bytes: Array(repeating: 7, count: 32)))],
    [.notify(NotifyPayload(.initialContact)), .notify(NotifyPayload(NotifyType(rawValue: 40_000)))],
    [.authentication(AuthenticationPayload(method: 2, data: Array(repeating: 1, count: 32)))],
    [
      .initiatorIdentification(IdentificationPayload(.fqdn("left.test"))),
      .authentication(AuthenticationPayload(method: 2, data: Array(repeating: 1, count: 48))),
    ],
  ]

  @Test(
    "nothing becomes established, no key appears, and only what the RFC wants answered is", arguments: State.allCases)
  func everyMessage(state: State) throws {
    var subject = try reach(state)
    var count = 0
    for type in Self.types {
      for flags in 0..<4 {
        for protection in Protection.allCases {
          for (index, payloads) in Self.contents.enumerated() {
            for offset in [-1, 0, 1] {
              let header = header(type, flags: flags, offset: offset, in: subject)
              if Self.isBeginning(header) { continue }
              guard let bytes = seal(header, payloads, protection, in: subject) else { continue }
              count += 1
              let isUntouched = deliver(bytes, header, protection, to: subject, "content \(index) in \(header)")
              if !isUntouched { subject = try reach(state) }
            }
          }
        }
      }
    }
    #expect(count >= 600)
  }

  /// Delivers a message and checks what comes of it; true if nothing did.
  private func deliver(
    _ bytes: [UInt8], _ header: IKEHeader, _ protection: Protection, to subject: Subject, _ comment: Comment
  ) -> Bool {
    let before = subject.standing
    let phase = subject.session.phase
    let path = subject.session.path
    let mustAnswer = mustAnswer(header, protection, subject)
    let isExpectedResponse = header.isResponse && subject.session.requests.outstanding != nil
    let actions = subject.gateway.actions.count
    var answers = subject.gateway.handle(
      .datagram(IKEDatagram(uplink: "isp", local: path.local, remote: path.remote, bytes: bytes)),
      at: subject.pair.clock.now)
    // A proof of identity that does not hold is answered at its time.
    if let due = subject.session.refusal?.due { answers += subject.gateway.handle(.timeout, at: due) }
    // RFC 7296 section 2.8.2: a peer that uses its new IKE SA has decided that it takes over.
    let isPutInCharge = phase == .successor && mustAnswer
    #expect(subject.standing == [before[0], before[1] + (isPutInCharge ? 1 : 0)], comment)
    let responses = answers.compactMap { try? ReceivedMessage($0.bytes).header }.filter(\.isResponse)
    #expect(responses.count == (mustAnswer ? 1 : 0), comment)
    for response in responses {
      #expect(response.messageID == header.messageID && response.exchangeType == header.exchangeType, comment)
      #expect(response.isFromInitiator == subject.session.isInitiator, comment)
    }
    if protection != .right, subject.session.sa != nil || !isExpectedResponse {
      #expect(answers.isEmpty && subject.session.phase == phase, comment)
    }
    return subject.gateway.actions.count == actions && subject.session.phase == phase
  }

  /// RFC 7296 sections 2.2 and 2.3, and the place that each exchange has.
  private func mustAnswer(_ header: IKEHeader, _ protection: Protection, _ subject: Subject) -> Bool {
    let session = subject.session
    guard protection == .right, !header.isResponse, header.isFromInitiator != session.isInitiator,
      header.messageID == session.responses.expectedMessageID
    else { return false }
    switch (header.exchangeType, session.phase) {
    case (.authentication, .authenticating):
      return !session.isInitiator && session.initial.remainingKeyExchanges.isEmpty
    case (.intermediate, .authenticating):
      return !session.isInitiator && !session.initial.remainingKeyExchanges.isEmpty
    case (.initial, _), (_, .initial), (_, .authenticating), (_, .ended): return false
    default: return true
    }
  }

  /// A stranger's first message is not for the session: `FloodTests` and `HostilePeerTests` see to it.
  private static func isBeginning(_ header: IKEHeader) -> Bool {
    header.beginsSession && header.responderSPI == .zero
  }

  private func header(_ type: UInt8, flags: Int, offset: Int, in subject: Subject) -> IKEHeader {
    let isResponse = flags & 1 != 0
    let base =
      isResponse
      ? subject.session.requests.outstanding?.messageID ?? subject.session.requests.nextMessageID ?? 0
      : subject.session.responses.expectedMessageID
    return IKEHeader(
      initiatorSPI: subject.session.initiatorSPI, responderSPI: subject.session.responderSPI,
      exchangeType: ExchangeType(rawValue: type), isFromInitiator: flags & 2 != 0, isResponse: isResponse,
      messageID: base &+ UInt32(bitPattern: Int32(offset)))
  }

  private func seal(
    _ header: IKEHeader, _ payloads: [Payload], _ protection: Protection, in subject: Subject
  ) -> [UInt8]? {
    let message = IKEMessage(header: header, payloads: payloads)
    guard protection != .none else { return message.encoded() }
    guard let sa = subject.peer?.sa, var bytes = try? sa.protection.seal(message) else { return nil }
    if protection == .wrong { bytes[bytes.count - 1] ^= 1 }
    return bytes
  }

  // MARK: States

  private func reach(_ state: State) throws -> Subject {
    let pair = TwoGateways()
    switch state {
    case .initSent: pair.rewrite = { _ in nil }
    case .authSent, .initAnswered:
      pair.rewrite = { $0.isRequest(.authentication, from: TwoGateways.leftAddress) ? nil : $0 }
    case .intermediateSent, .intermediateAwaited:
      pair.rewrite = { $0.isRequest(.intermediate, from: TwoGateways.leftAddress) ? nil : $0 }
    default: break
    }
    let change: (inout IKEConnection) -> Void = { if state.isPostQuantum { $0.demand([.mlkem768]) } }
    pair.configure(left: change, right: change)
    pair.run(for: .milliseconds(300))
    try drive(pair, into: state)
    return try subject(of: state, in: pair)
  }

  private func drive(_ pair: TwoGateways, into state: State) throws {
    let tunnel = "tunnel"
    switch state {
    case .initSent, .authSent, .initAnswered, .intermediateSent, .intermediateAwaited, .establishedInitiator,
      .establishedResponder:
      return
    case .followingUp, .followUpAwaited:
      pair.rewrite = { $0.isRequest(.followUpKeyExchange, from: TwoGateways.leftAddress) ? nil : $0 }
      let spi = try #require(pair.left.installed.keys.first)
      pair.handle(pair.left, .rekeyChild(connection: tunnel, inboundSPI: spi))
    case .rekeyingChild:
      pair.rewrite = { _ in nil }
      let spi = try #require(pair.left.installed.keys.first)
      pair.handle(pair.left, .rekeyChild(connection: tunnel, inboundSPI: spi))
    case .rekeyingIKE:
      pair.rewrite = { _ in nil }
      pair.handle(pair.left, .rekeyIKE(connection: tunnel))
    case .replaced:
      pair.rewrite = { $0.isRequest(.informational, from: TwoGateways.leftAddress) ? nil : $0 }
      pair.handle(pair.left, .rekeyIKE(connection: tunnel))
    case .successor:
      // Of what the right gateway sends, its own request alone arrives.
      pair.rewrite = {
        $0.remote.address == TwoGateways.rightAddress
          || $0.isRequest(.createChildSA, from: TwoGateways.rightAddress) ? $0 : nil
      }
      pair.handle(pair.left, .rekeyIKE(connection: tunnel))
      pair.handle(pair.right, .rekeyIKE(connection: tunnel))
    case .deleting:
      pair.rewrite = { _ in nil }
      pair.handle(pair.left, .terminate(connection: tunnel))
    case .ended: pair.handle(pair.right, .terminate(connection: tunnel))
    }
    pair.run(for: .milliseconds(100))
  }

  private func subject(of state: State, in pair: TwoGateways) throws -> Subject {
    let isRight = [.initAnswered, .intermediateAwaited, .establishedResponder, .followUpAwaited].contains(state)
    let gateway = isRight ? pair.right : pair.left
    let phase: IKESession.Phase =
      switch state {
      case .initSent: .initial
      case .authSent, .initAnswered, .intermediateSent, .intermediateAwaited: .authenticating
      case .establishedInitiator, .establishedResponder, .rekeyingChild, .rekeyingIKE, .followingUp, .followUpAwaited:
        .established
      case .replaced: .replaced
      case .successor: .successor
      case .deleting: .deleting
      case .ended: .ended
      }
    let session = try #require(gateway.sessions.first { $0.phase == phase })
    let peers = (isRight ? pair.left : pair.right).sessions
    return Subject(
      pair: pair, gateway: gateway, session: session, peer: peers.first { $0.localSPI == session.remoteSPI })
  }
}
