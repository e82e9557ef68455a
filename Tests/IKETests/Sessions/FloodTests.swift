import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Strangers who begin and never finish")
struct FloodTests {
  private let victim = Endpoint(TwoGateways.rightAddress, port: 500)

  /// A responder, and the IKE_SA_INIT request of a peer that it knows.
  private func responder() throws -> (TwoGateways, IKEMessage) {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.configure()
    return (pair, try ReceivedMessage(try #require(pair.left.sent.first).bytes).plain())
  }

  /// Sends a request from an address, and returns what comes back.
  private func send(
    _ request: IKEMessage, spi: UInt64, from source: Endpoint, to pair: TwoGateways
  ) -> [IKEDatagram] {
    var message = request
    message.header.initiatorSPI = IKESPI(rawValue: spi)
    let bytes = message.encoded()
    let answers = pair.right.handle(
      .datagram(IKEDatagram(uplink: "isp", local: victim, remote: source, bytes: bytes)), at: pair.clock.now)
    #expect(answers.count <= 1)
    return answers
  }

  private func stranger(_ number: Int) -> Endpoint { Endpoint(.v4(0x0A00_0000 + UInt32(number)), port: 500) }

  private func cookie(in answers: [IKEDatagram]) throws -> NotifyPayload? {
    guard let answer = answers.first else { return nil }
    return try ReceivedMessage(answer.bytes).plain().payloads.notify(.cookie)
  }

  private func fill(_ pair: TwoGateways, _ request: IKEMessage) {
    for number in 0..<HalfOpenSessions.cookieThreshold {
      #expect(send(request, spi: UInt64(number + 1), from: stranger(number), to: pair).count == 1)
    }
    #expect(pair.right.sessionCount == HalfOpenSessions.cookieThreshold)
  }

  @Test("below the threshold nobody is asked for a cookie; from there on everybody, and nothing is kept for them")
  func threshold() throws {
    let (pair, request) = try responder()
    fill(pair, request)
    let sent = pair.right.sent.count
    for number in 100..<5100 {
      let answers = send(request, spi: UInt64(number), from: stranger(number), to: pair)
      #expect(try cookie(in: answers) != nil)
      #expect(try #require(answers.first).bytes.count <= request.encoded().count)
    }
    #expect(pair.right.sessionCount == HalfOpenSessions.cookieThreshold)
    // A responder sends nothing by itself: no retransmission, and half-open sessions go without a word.
    pair.run(for: .seconds(31))
    #expect(pair.right.sent.count == sent + 5000)
    #expect(pair.right.sessionCount == 0)
  }

  @Test("the right cookie opens the door: to its sender alone, with its nonce and SPI, and only for two minutes")
  func validCookie() throws {
    let (pair, request) = try responder()
    fill(pair, request)
    let source = stranger(500)
    let cookie = try #require(try cookie(in: send(request, spi: 500, from: source, to: pair)))
    #expect((1...64).contains(cookie.data.count))
    var second = request
    second.payloads.insert(.notify(cookie), at: 0)
    // From elsewhere, under another SPI, behind another payload, or altered, it is worth nothing.
    var altered = second
    altered.payloads[0] = .notify(NotifyPayload(.cookie, data: cookie.data.map { $0 ^ 1 }))
    var misplaced = second
    misplaced.payloads.swapAt(0, 1)
    for (message, spi, from) in [
      (second, UInt64(501), source), (second, 500, stranger(501)), (altered, 500, source), (misplaced, 500, source),
    ] {
      #expect(try self.cookie(in: send(message, spi: spi, from: from, to: pair)) != nil)
    }
    #expect(pair.right.sessionCount == HalfOpenSessions.cookieThreshold)
    #expect(try self.cookie(in: send(second, spi: 500, from: source, to: pair)) == nil)
    #expect(pair.right.sessionCount == HalfOpenSessions.cookieThreshold + 1)
  }

  @Test("cookies outlive the secret that made them once, and not twice")
  func rotation() throws {
    var jar = CookieJar()
    let random = SeededRandom(seed: 4)
    let address = IPAddress.v4(1)
    func context(_ seconds: Int64) -> SessionContext {
      SessionContext(
        now: Instant(nanoseconds: seconds * 1_000_000_000), random: random, directory: ConnectionDirectory(),
        credentials: .none)
    }
    let spi = IKESPI(rawValue: 7)
    let cookie = jar.cookie(nonce: [1], initiatorSPI: spi, address: address, context(0))
    let next = jar.cookie(nonce: [1], initiatorSPI: spi, address: address, context(61))
    #expect(cookie != next)
    #expect(jar.accepts(cookie, nonce: [1], initiatorSPI: spi, address: address, at: context(119).now))
    #expect(!jar.accepts(cookie, nonce: [1], initiatorSPI: spi, address: address, at: context(120).now))
    #expect(jar.accepts(next, nonce: [1], initiatorSPI: spi, address: address, at: context(120).now))
    #expect(!jar.accepts([], nonce: [1], initiatorSPI: spi, address: address, at: context(120).now))
  }

  @Test("a tunnel comes up through a flood")
  func throughAFlood() throws {
    let (pair, request) = try responder()
    fill(pair, request)
    pair.rewrite = { $0 }
    pair.run(for: .seconds(2))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.errors(sentBy: pair.right).isEmpty)
  }

  // left                                                             right, to which many others come and go
  //      SAi1, KEi, Ni ────────────────────────────────────────────▶ has too many half-open SAs
  //                         ◀──────────────────────────── N(COOKIE)
  //      SAi1, KEi, Ni, again ─────────────────────────────────────▶ has few: keeps this request
  //      N(COOKIE), SAi1, KEi, Ni ─────────────────────────────────▶ the same but for the cookie
  //                         ◀──────────────────────── SAr1, KEr, Nr
  //      SK {IDi, AUTH over the request with the cookie, …} ───────▶
  @Test("an initiator that repeats its request with a cookie after all is authenticated by that one")
  func lateCookie() throws {
    let (pair, request) = try responder()
    pair.handle(pair.left, .configure([]))
    fill(pair, request)
    pair.run(for: .milliseconds(29_900))
    pair.handle(pair.left, .configure([.sample(initiates: true)]))
    let first = try #require(pair.left.sent.last)
    let arrival = IKEDatagram(uplink: "isp", local: first.remote, remote: first.local, bytes: first.bytes)
    let cookie = try #require(pair.right.handle(.datagram(arrival), at: pair.clock.now).first)
    pair.run(for: .milliseconds(200))
    #expect(pair.right.handle(.datagram(arrival), at: pair.clock.now).count == 1)
    #expect(pair.right.sessionCount == 1)
    pair.rewrite = { $0 }
    let answer = IKEDatagram(uplink: "isp", local: first.local, remote: first.remote, bytes: cookie.bytes)
    pair.handle(pair.left, .datagram(answer))
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.right.sessionCount == 1)
    #expect(pair.errors(sentBy: pair.right).isEmpty)
  }

  @Test("the request is the same but for its cookie, and goes out once for each", arguments: [false, true])
  func sameRequest(forceEncapsulation: Bool) throws {
    let pair = TwoGateways()
    pair.rewrite = { _ in nil }
    pair.configure(left: { $0.forceEncapsulation = forceEncapsulation })
    let first = try #require(pair.left.sent.first)
    // left --> SAi1, KEi, Ni; its retransmission crosses with the first of these:
    //      <-- N(COOKIE)          left --> N(COOKIE), SAi1, KEi, Ni
    //      <-- N(COOKIE), the same: that request is out already
    //      <-- N(COOKIE), of another secret: left --> N(COOKIE'), SAi1, KEi, Ni
    // AUTH covers the request that the peer takes, whichever that is: all must agree behind the cookie.
    for (cookie, count) in [(1, 2), (1, 2), (2, 3)] as [(UInt8, Int)] {
      let header = try ReceivedMessage(first.bytes).header.refusal
      let notify = NotifyPayload(.cookie, data: Array(repeating: cookie, count: 33))
      let answer = IKEMessage(header: header, payloads: [.notify(notify)]).encoded()
      let datagram = IKEDatagram(uplink: "isp", local: first.local, remote: first.remote, bytes: answer)
      _ = pair.left.handle(.datagram(datagram), at: pair.clock.now)
      #expect(pair.left.sent.count == count)
    }
    let requests = try pair.left.sent.map { try ReceivedMessage($0.bytes).plain().payloads }
    #expect(requests[1].dropFirst() == requests[0][...])
    #expect(requests[2].dropFirst() == requests[0][...])
    #expect(requests[1].first != requests[2].first)
  }

  @Test("one address holds a limited number of half-open sessions, cookie or not")
  func limitPerAddress() throws {
    let (pair, request) = try responder()
    let source = stranger(1)
    for spi in 1...100 as ClosedRange<UInt64> {
      let cookie = try cookie(in: send(request, spi: spi, from: source, to: pair))
      guard let cookie else { continue }
      var second = request
      second.payloads.insert(.notify(cookie), at: 0)
      #expect(send(second, spi: spi, from: source, to: pair).isEmpty)
    }
    #expect(pair.right.sessionCount == HalfOpenSessions.limitPerAddress)
  }

  @Test("all half-open sessions together are limited, and gone after half a minute")
  func limit() throws {
    let (pair, request) = try responder()
    for number in 1...(HalfOpenSessions.limit + 50) {
      let spi = UInt64(number)
      guard let cookie = try cookie(in: send(request, spi: spi, from: stranger(number), to: pair)) else { continue }
      var second = request
      second.payloads.insert(.notify(cookie), at: 0)
      _ = send(second, spi: spi, from: stranger(number), to: pair)
    }
    #expect(pair.right.sessionCount == HalfOpenSessions.limit)
    pair.run(for: .seconds(31))
    #expect(pair.right.sessionCount == 0)
    #expect(pair.right.reports.isEmpty)
  }

  @Test("no answer to an unauthenticated message is longer than the message")
  func noAmplification() throws {
    let (pair, request) = try responder()
    let messages: [IKEMessage] = [
      IKEMessage(header: request.header, payloads: []),
      IKEMessage(header: request.header, payloads: [.vendorID(VendorIDPayload(bytes: []))]),
      request,
    ]
    for message in messages {
      for cut in stride(from: 28, through: message.encoded().count, by: 1) {
        var bytes = Array(message.encoded().prefix(cut))
        bytes.replaceSubrange(24..<28, with: [0, 0, UInt8(cut >> 8), UInt8(cut & 0xFF)])
        for version in [0x20, 0x30] as [UInt8] {
          bytes[17] = version
          let datagram = IKEDatagram(uplink: "isp", local: victim, remote: stranger(9), bytes: bytes)
          let answers = pair.right.handle(.datagram(datagram), at: pair.clock.now)
          #expect(answers.map(\.bytes.count).reduce(0, +) <= cut)
        }
      }
    }
  }
}
