import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 9242 and RFC 9370: ML-KEM behind a Diffie-Hellman exchange.
@Suite("Additional key exchanges")
struct AdditionalKeyExchangeTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  /// The exchanges of the messages that a gateway has sent; one that is so long that it goes in fragments counts once.
  private func exchangeTypes(_ gateway: Gateway) -> [ExchangeType] {
    gateway.sent.compactMap { datagram -> ExchangeType? in
      guard let message = try? ReceivedMessage(datagram.bytes) else { return nil }
      let position = (try? message.chain())?.encrypted?.position
      return position == nil || position?.number == 1 ? message.header.exchangeType : nil
    }
  }

  // A                                         B
  // SA(x25519, ADDKE1 mlkem768), KE, N(INTERMEDIATE_EXCHANGE_SUPPORTED)  ──▶
  //                        ◀──  SA, KE, Nr, N(INTERMEDIATE_EXCHANGE_SUPPORTED)
  // IKE_INTERMEDIATE {KEi(1)}                ──▶
  //                        ◀──  IKE_INTERMEDIATE {KEr(1)}
  // IKE_AUTH                                 ──▶   under the keys of both exchanges
  @Test(
    "each additional key exchange is an IKE_INTERMEDIATE of its own before IKE_AUTH",
    arguments: [[KeyExchangeMethod.mlkem768], [.mlkem1024], [.mlkem768, .ecp384], [.ecp521, .mlkem1024, .modp2048]])
  func establishment(methods: [KeyExchangeMethod]) {
    let pair = TwoGateways.established { $0.demand(methods) }
    #expect(pair.haveOneMatchingChild)
    let rounds = Array(repeating: ExchangeType.intermediate, count: methods.count)
    for gateway in [pair.left, pair.right] {
      #expect(gateway.established.first?.suite.additionalKeyExchanges == methods)
      #expect(exchangeTypes(gateway) == [.initial] + rounds + [.authentication])
      // RFC 9370 section 2.2.4: the first Child SA has no key exchange of its own.
      #expect(gateway.childrenEstablished.first?.suite.additionalKeyExchanges == [])
    }
  }

  @Test("the keys of IKE_AUTH are others than those of IKE_SA_INIT, and AUTH covers the exchange")
  func keysChange() throws {
    let pair = TwoGateways()
    pair.rewrite = { [a] in $0.isRequest(.intermediate, from: a) ? nil : $0 }
    pair.configure(left: { $0.demand([.mlkem768]) }, right: { $0.demand([.mlkem768]) })
    pair.run(for: .milliseconds(100))
    let session = try #require(pair.left.sessions.first)
    let before = try #require(session.sa?.keys)
    #expect(session.initial.intermediate.octets.count == 48 + 4)
    pair.rewrite = { [a] in $0.isRequest(.authentication, from: a) ? nil : $0 }
    pair.run(for: .seconds(1))
    let after = try #require(session.sa?.keys)
    #expect(after.derivation != before.derivation)
    #expect(after.initiator.encryption != before.initiator.encryption)
    #expect(after.initiatorAuthentication != before.initiatorAuthentication)
    let responder = try #require(pair.right.sessions.first)
    #expect(responder.sa?.keys.derivation == after.derivation)
    #expect(session.initial.intermediate.octets == responder.initial.intermediate.octets)
    #expect(session.initial.intermediate.octets.count == 48 + 48 + 4)
    // IKE_AUTH_MID: IKE_SA_INIT is 0, IKE_INTERMEDIATE is 1.
    #expect(session.initial.intermediate.octets.suffix(4) == [0, 0, 0, 2])
  }

  // RFC 9370 section 2.2.4: `SA, Nr, KEr(0), N(ADDITIONAL_KEY_EXCHANGE)`, then IKE_FOLLOWUP_KE for each method.
  @Test("rekeys repeat the additional key exchanges in IKE_FOLLOWUP_KE", arguments: [true, false])
  func rekeys(byInitiator: Bool) throws {
    let pair = TwoGateways.established { $0.demand([.mlkem768, .ecp384]) }
    let gateway = byInitiator ? pair.left : pair.right
    let spi = try #require(gateway.installed.keys.first)
    pair.handle(gateway, .rekeyChild(connection: "tunnel", inboundSPI: spi))
    pair.run(for: .seconds(1))
    #expect(exchangeTypes(gateway).filter { $0 == .followUpKeyExchange }.count == 2)
    #expect(pair.haveOneMatchingChild)
    #expect(gateway.installed[spi] == nil)
    pair.handle(gateway, .rekeyIKE(connection: "tunnel"))
    // Long enough for the old IKE SA to be forgotten too.
    pair.run(for: .seconds(15))
    #expect(exchangeTypes(gateway).filter { $0 == .followUpKeyExchange }.count == 4)
    for end in [pair.left, pair.right] {
      #expect(end.childrenEstablished.last?.suite.additionalKeyExchanges == [.mlkem768, .ecp384])
      #expect(end.established.last?.suite.additionalKeyExchanges == [.mlkem768, .ecp384])
      #expect(end.established.count == 2)
      #expect(end.sessionCount == 1)
      #expect(end.establishedSessions.first?.followUps.isEmpty == true)
    }
    #expect(
      pair.left.establishedSessions.first?.sa?.keys.derivation
        == pair.right.establishedSessions.first?.sa?.keys.derivation)
  }

  @Test("a further Child SA has its additional key exchanges too")
  func furtherChild() {
    let pair = TwoGateways.established { $0.demand([.mlkem768]) }
    pair.handle(
      pair.left,
      .createChild(connection: "tunnel", localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)]))
    pair.run(for: .seconds(1))
    #expect(pair.left.installed.count == 2)
    #expect(
      Set(pair.left.installed.values.map(\.outboundKeys.encryption.count))
        == Set(pair.right.installed.values.map(\.inboundKeys.encryption.count)))
    #expect(
      pair.left.installed.values.allSatisfy { one in
        pair.right.installed.values.contains { one.matches($0) }
      })
  }

  @Test("who only prefers them does without where the peer has none, and both say so", arguments: [true, false])
  func preference(atInitiator: Bool) {
    let pair = TwoGateways()
    pair.configure(
      left: { if atInitiator { $0.prefer([.mlkem768]) } }, right: { if !atInitiator { $0.prefer([.mlkem768]) } })
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.established.first?.suite.additionalKeyExchanges == [])
    #expect(exchangeTypes(pair.left) == [.initial, .authentication])
  }

  @Test("two ends that prefer them do them")
  func bothPrefer() {
    let pair = TwoGateways.established { $0.prefer([.mlkem1024]) }
    #expect(pair.left.established.first?.suite.additionalKeyExchanges == [.mlkem1024])
  }

  @Test("who demands them refuses a peer without", arguments: [true, false])
  func demand(atInitiator: Bool) {
    let pair = TwoGateways()
    pair.configure(
      left: { if atInitiator { $0.demand([.mlkem768]) } }, right: { if !atInitiator { $0.demand([.mlkem768]) } })
    pair.run(for: .seconds(5))
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(pair.left.failures.first?.cause.contains("no proposal chosen") == true)
    #expect((atInitiator ? pair.left : pair.right).failures.first?.cause.contains("x25519,ecp256/mlkem768") == true)
  }

  @Test("the responder finds out in IKE_AUTH that the peer it has must do them, though another at its address need not")
  func demandByIdentity() throws {
    let pair = TwoGateways()
    var lax = IKEConnection.sample(initiates: false).mirrored
    lax.name = "lax"
    lax.remoteIdentity = .fqdn("other.test")
    var strict = IKEConnection.sample(initiates: false).mirrored
    strict.demand([.mlkem768])
    pair.send(pair.right.handle(.configure([lax, strict]), at: pair.clock.now))
    pair.send(pair.left.handle(.configure([.sample(initiates: true)]), at: pair.clock.now))
    pair.run(for: .seconds(5))
    #expect(pair.right.established.isEmpty)
    #expect(pair.left.established.isEmpty)
  }

  // MARK: Attackers

  /// A man in the middle who takes away from IKE_SA_INIT whatever would bring additional key exchanges.
  private func strip(_ datagram: IKEDatagram, _ isStripped: (Payload) -> Bool) -> IKEDatagram {
    guard let received = try? ReceivedMessage(datagram.bytes), received.header.exchangeType == .initial,
      var message = try? received.plain()
    else { return datagram }
    message.payloads = message.payloads.filter { !isStripped($0) }.map { payload in
      guard case .securityAssociation(let offer) = payload else { return payload }
      let rest = offer.proposals.filter { proposal in
        proposal.transforms.allSatisfy { $0.kind != .additionalKeyExchange1 }
      }
      return rest.isEmpty ? payload : .securityAssociation(SecurityAssociationPayload(rest))
    }
    var stripped = datagram
    stripped.bytes = message.encoded()
    return stripped
  }

  @Test(
    "an attacker who strips transforms or the notify gets no tunnel at all",
    arguments: [true, false], [NotifyType.intermediateExchangeSupported, .cookie])
  func downgrade(areRequired: Bool, stripped: NotifyType) {
    let pair = TwoGateways()
    pair.rewrite = { [self] datagram in
      strip(datagram) { if case .notify(let notify) = $0 { notify.type == stripped } else { false } }
    }
    let change: (inout IKEConnection) -> Void = { areRequired ? $0.demand([.mlkem768]) : $0.prefer([.mlkem768]) }
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(60))
    // Where nothing was left to strip but what both demand, the tunnel is as they want it.
    for gateway in [pair.left, pair.right] {
      #expect(gateway.established.allSatisfy { $0.suite.additionalKeyExchanges == [.mlkem768] })
    }
    guard !areRequired || stripped == .intermediateExchangeSupported else { return }
    #expect(pair.left.established.isEmpty && pair.right.established.isEmpty)
    #expect(pair.left.installed.isEmpty && pair.right.installed.isEmpty)
    #expect(!pair.left.failures.isEmpty)
  }

  @Test("a response that chooses additional key exchanges without IKE_INTERMEDIATE is ignored")
  func choiceWithoutNotify() {
    let pair = TwoGateways()
    pair.rewrite = { [self, b] datagram in
      guard datagram.isResponse(.initial, from: b) else { return datagram }
      return strip(datagram) {
        if case .notify(let notify) = $0 { notify.type == .intermediateExchangeSupported } else { false }
      }
    }
    pair.configure(left: { $0.demand([.mlkem768]) }, right: { $0.demand([.mlkem768]) })
    pair.run(for: .seconds(20))
    #expect(pair.left.established.isEmpty)
    #expect(pair.left.failures.first?.cause.contains("does not know IKE_INTERMEDIATE") == true)
  }

  @Test("a peer that goes to IKE_AUTH without its additional key exchange is not answered")
  func skippedRound() throws {
    let pair = TwoGateways()
    pair.rewrite = { [a] in $0.isRequest(.intermediate, from: a) ? nil : $0 }
    pair.configure(left: { $0.demand([.mlkem768]) }, right: { $0.demand([.mlkem768]) })
    pair.run(for: .milliseconds(100))
    let session = try #require(pair.left.sessions.first)
    let header = session.header(.authentication, isResponse: false, messageID: 1)
    let bytes = try #require(session.sa).protection.seal(
      IKEMessage(header: header, payloads: [.initiatorIdentification(IdentificationPayload(.fqdn("left.test")))]))
    let datagram = IKEDatagram(
      uplink: "isp", local: session.path.remote, remote: session.path.local, bytes: bytes)
    #expect(pair.right.handle(.datagram(datagram), at: pair.clock.now).isEmpty)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
  }

  @Test("a public value of the wrong kind ends the attempt", arguments: [KeyExchangeMethod.mlkem768, .ecp384])
  func badPublicValue(method: KeyExchangeMethod) throws {
    let pair = TwoGateways()
    pair.rewrite = { [a] in $0.isRequest(.intermediate, from: a) ? nil : $0 }
    pair.configure(left: { $0.demand([.mlkem768]) }, right: { $0.demand([.mlkem768]) })
    pair.run(for: .milliseconds(100))
    let session = try #require(pair.left.sessions.first)
    let message = IKEMessage(
      header: session.header(.intermediate, isResponse: false, messageID: 1),
      payloads: [.keyExchange(KeyExchangePayload(method: method, publicValue: Array(repeating: 0xFF, count: 96)))])
    let datagram = IKEDatagram(
      uplink: "isp", local: session.path.remote, remote: session.path.local,
      bytes: try #require(session.sa).protection.seal(message))
    let answer = try #require(pair.right.handle(.datagram(datagram), at: pair.clock.now).first)
    let opened = try session.sa?.protection.open(ReceivedMessage(answer.bytes))
    #expect(opened?.payloads == [.notify(NotifyPayload(.invalidSyntax))])
    #expect(pair.right.failures.last?.cause.contains("additional key exchange mlkem768") == true)
  }
}

extension IKEConnection {
  /// Has both SAs made with these methods behind the first one, or not at all.
  mutating func demand(_ methods: [KeyExchangeMethod]) { add(AdditionalKeyExchanges(methods, areRequired: true)) }

  /// Has both SAs made with these methods behind the first one where the peer can.
  mutating func prefer(_ methods: [KeyExchangeMethod]) { add(AdditionalKeyExchanges(methods, areRequired: false)) }

  private mutating func add(_ additional: AdditionalKeyExchanges) {
    ikeProposals = IKEProposal.proposals(
      encryption: [.aes256GCM16, .aes256CBC], integrity: [.hmacSHA256_128], pseudorandomFunctions: [.hmacSHA384],
      keyExchangeMethods: [.curve25519, .ecp256], additional: additional)
    childProposals = ESPProposal.proposals(
      encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [.curve25519, .ecp256], additional: additional,
      extendedSequenceNumbers: true)
  }
}
