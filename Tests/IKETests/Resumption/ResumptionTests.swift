import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 5723. The left gateway initiates and gets tickets from the right one, which loses its IKE SAs.
@Suite("Session resumption")
struct ResumptionTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  private func give(_ gateway: Gateway, in pair: TwoGateways, secret: UInt8 = 1) {
    let secret = SecretBytes(Array(repeating: secret, count: 32))
    let time = 1_000_000 + pair.clock.now.nanoseconds / 1_000_000_000
    pair.handle(gateway, .recovery(secret: secret, secondsSince1970: time))
  }

  private func established(_ change: (inout IKEConnection) -> Void = { _ in }) -> TwoGateways {
    let pair = TwoGateways()
    for gateway in [pair.left, pair.right] { give(gateway, in: pair) }
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(1))
    return pair
  }

  /// The right gateway loses power and comes back; the left one notices at its next liveness check.
  private func restartRight(
    of pair: TwoGateways, secret: UInt8 = 1, _ change: (inout IKEConnection) -> Void = { _ in }
  ) {
    pair.right.restart(seed: 99)
    give(pair.right, in: pair, secret: secret)
    pair.handle(pair.right, .initialContact)
    var connection = IKEConnection.sample(initiates: false)
    change(&connection)
    pair.handle(pair.right, .configure([connection.mirrored]))
  }

  private func sent(_ type: ExchangeType, by gateway: Gateway) -> Int {
    gateway.sent.filter { (try? ReceivedMessage($0.bytes).header.exchangeType) == type }.count
  }

  private func tunnel(_ pair: TwoGateways, isResumed: Bool) -> Bool {
    // The right gateway's old pairs are still on the list of its first life.
    let pairs = pair.left.installed.values
    return pairs.count == 1 && pairs.allSatisfy { one in pair.right.installed.values.contains { one.matches($0) } }
      && pair.left.established.last?.isResumed == isResumed && pair.right.established.last?.isResumed == isResumed
  }

  // A                                              B
  // IKE_AUTH {…, N(TICKET_REQUEST)}           ──▶
  //                                           ◀──  {…, N(TICKET_LT_OPAQUE)}
  //                                                (restarts)
  // IKE_SESSION_RESUME Ni, N(TICKET_OPAQUE)   ──▶
  //                                           ◀──  Nr
  // IKE_AUTH {IDi, AUTH, SA, TSi, TSr}        ──▶
  //                                           ◀──  {IDr, AUTH, SA, TSi, TSr}
  @Test("a tunnel to a gateway that has restarted is resumed without a key exchange, as often as it restarts")
  func resumed() throws {
    let pair = established()
    let before = try #require(pair.left.establishedSessions.first?.sa)
    for restart in 1...3 {
      restartRight(of: pair)
      pair.run(for: .seconds(12))
      #expect(tunnel(pair, isResumed: true))
      #expect(sent(.initial, by: pair.left) == 1)
      #expect(sent(.sessionResume, by: pair.left) == restart)
    }
    let after = try #require(pair.left.establishedSessions.first?.sa)
    #expect(after.keys.derivation != before.keys.derivation && after.suite == before.suite)
  }

  @Test("a resumed IKE SA gets keys of a key exchange within ten minutes")
  func freshKeys() {
    let pair = established()
    restartRight(of: pair)
    pair.run(for: .seconds(12))
    #expect(tunnel(pair, isResumed: true))
    pair.run(for: .seconds(600))
    #expect(tunnel(pair, isResumed: false))
  }

  @Test("SKEYSEED is prf(SK_d, \"Resumption\" | Ni | Nr)")
  func seed() {
    let derivation = SecretBytes(Array(repeating: 5, count: 32))
    let nonces = Nonces(initiator: [1, 2], responder: [3])
    #expect(
      IKEKeys.resumptionSeed(.hmacSHA256, derivation: derivation, nonces: nonces)
        == PseudorandomFunction.hmacSHA256(key: derivation, Array("Resumption".utf8) + [1, 2, 3]))
  }

  //                                                (has another secret, key or policy now)
  // IKE_SESSION_RESUME Ni, N(TICKET_OPAQUE)   ──▶
  //                                           ◀──  N(TICKET_NACK)
  // IKE_SA_INIT                               ──▶
  @Test("a ticket that the gateway cannot read is refused, and a full handshake follows at once")
  func otherSecret() {
    let pair = established()
    // Nor can it make the token, so it takes until the peer counts as dead.
    restartRight(of: pair, secret: 2)
    pair.run(for: .seconds(40))
    #expect(tunnel(pair, isResumed: false))
    #expect(pair.left.established.count == 2)
    #expect(sent(.sessionResume, by: pair.left) == 1)
  }

  @Test("a changed configuration makes the tickets void")
  func changedConfiguration() {
    for change: (inout IKEConnection) -> Void in [
      { $0.ikeProposals = Array($0.ikeProposals.reversed()) },
      { $0.postQuantumPresharedKey = .sample(isRequired: false) },
    ] {
      let pair = established()
      restartRight(of: pair, change)
      pair.run(for: .seconds(12))
      #expect(tunnel(pair, isResumed: false))
    }
    // A peer whose preshared key has been changed gets in no more, ticket or not.
    let pair = established()
    restartRight(of: pair) { $0.authentication = .presharedKey(SecretBytes([1, 2, 3])) }
    pair.run(for: .seconds(12))
    #expect(pair.left.established.count == 1 && pair.right.established.count == 1)
  }

  @Test("a ticket is not used after its lifetime, nor accepted")
  func lifetime() throws {
    let secret = SecretBytes(Array(repeating: 1, count: 32))
    var issuer = TicketIssuer(recoverySecret: secret, secondsSince1970: 1_000, at: .zero)
    let session = try #require(established().left.establishedSessions.first.flatMap { ResumableSession($0) })
    func context(_ seconds: Int64) -> SessionContext {
      SessionContext(
        now: Instant(nanoseconds: seconds * 1_000_000_000), random: SeededRandom(seed: 3),
        directory: ConnectionDirectory([.sample(initiates: true)]), credentials: .none)
    }
    let ticket = try #require(
      issuer.ticket(for: session, of: .sample(initiates: true), lifetime: .seconds(100), context(5)))
    #expect(issuer.redeem(ticket, uplink: "isp", context(105)) == nil)
    #expect(issuer.redeem(ticket, uplink: "other", context(104)) == nil)
    #expect(issuer.redeem(ticket, uplink: "isp", context(104)) != nil)
  }

  @Test("a ticket is taken once; one that was altered anywhere, or cut, not at all")
  func onceAndWhole() throws {
    let secret = SecretBytes(Array(repeating: 1, count: 32))
    var issuer = TicketIssuer(recoverySecret: secret, secondsSince1970: 1_000, at: .zero)
    let connection = IKEConnection.sample(initiates: true)
    let session = try #require(established().left.establishedSessions.first.flatMap { ResumableSession($0) })
    let context = SessionContext(
      now: .zero, random: SeededRandom(seed: 3), directory: ConnectionDirectory([connection]), credentials: .none)
    let ticket = try #require(issuer.ticket(for: session, of: connection, lifetime: .seconds(100), context))
    for index in ticket.indices {
      var altered = ticket
      altered[index] ^= 1
      #expect(issuer.redeem(altered, uplink: "isp", context) == nil)
    }
    for length in 0..<ticket.count {
      #expect(issuer.redeem(Array(ticket.prefix(length)), uplink: "isp", context) == nil)
    }
    #expect(issuer.redeem(ticket, uplink: "isp", context)?.derivation == session.derivation)
    #expect(issuer.redeem(ticket, uplink: "isp", context) == nil)
  }

  @Test("who replays a recorded request gets no further, and the keys are others each time")
  func replay() throws {
    let pair = established()
    restartRight(of: pair)
    pair.run(for: .seconds(12))
    let recorded = try #require(
      pair.left.sent.first { (try? ReceivedMessage($0.bytes).header.exchangeType) == .sessionResume })
    restartRight(of: pair)
    let replayed = IKEDatagram(uplink: "isp", local: recorded.remote, remote: recorded.local, bytes: recorded.bytes)
    let answers = pair.right.handle(.datagram(replayed), at: pair.clock.now)
    // A gateway that has lost its memory takes the ticket again; without SK_d nobody can go on.
    #expect(answers.count == 1)
    let again = pair.right.handle(.datagram(replayed), at: pair.clock.now)
    #expect(again.map(\.bytes) == answers.map(\.bytes))
    pair.run(for: .seconds(60))
    #expect(pair.left.establishedSessions.count == 1 && pair.right.establishedSessions.count == 1)
  }

  @Test("what has been closed by the operator, or by the peer, is not resumed")
  func closed() {
    for isOurs in [true, false] {
      let pair = established()
      pair.handle(isOurs ? pair.left : pair.right, .terminate(connection: "tunnel"))
      pair.run(for: .seconds(1))
      pair.handle(pair.left, .initiate(connection: "tunnel"))
      pair.run(for: .seconds(5))
      #expect(tunnel(pair, isResumed: false))
      #expect(sent(.sessionResume, by: pair.left) == 0)
    }
  }

  @Test("what is post-quantum stays so: ML-KEM is in SK_d, and the preshared key too")
  func postQuantum() {
    let change: (inout IKEConnection) -> Void = {
      $0.demand([.mlkem768])
      $0.postQuantumPresharedKey = .sample(isRequired: true)
    }
    let pair = established(change)
    restartRight(of: pair, change)
    pair.run(for: .seconds(12))
    #expect(tunnel(pair, isResumed: true))
    #expect(pair.right.established.last?.hasPostQuantumPresharedKey == true)
    #expect(sent(.intermediate, by: pair.left) == 1)
  }

  @Test("where certificates are the proof there are no tickets: a revoked one must not be resumed")
  func noCertificates() {
    let pair = established { $0.authentication = .certificate(.ownAuthority) }
    #expect(pair.left.sessions.allSatisfy { ResumableSession($0) == nil })
  }
}
