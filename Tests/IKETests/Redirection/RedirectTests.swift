import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// RFC 5685, at the gateway that sends its peers elsewhere.
@Suite("Redirecting peers to another gateway")
struct RedirectTests {
  private let elsewhere = IPAddress.v4(0x2300_0204)
  private let left = Endpoint(TwoGateways.leftAddress, port: 500)
  private let right = Endpoint(TwoGateways.rightAddress, port: 500)

  private func configureRight(of pair: TwoGateways, redirect: IPAddress?) {
    var connection = IKEConnection.sample(initiates: false).mirrored
    connection.redirect = redirect
    pair.handle(pair.right, .configure([connection]))
  }

  /// The left gateway's IKE_SA_INIT with another payload, and the right one's answer to it.
  private func answer(with extra: NotifyPayload?, in pair: TwoGateways) throws -> (request: IKEMessage, IKEMessage) {
    let first = try ReceivedMessage(try #require(pair.left.sent.first).bytes)
    let plain = try first.plain()
    let request = IKEMessage(header: first.header, payloads: plain.payloads + (extra.map { [.notify($0)] } ?? []))
    let datagram = IKEDatagram(uplink: "isp", local: right, remote: left, bytes: request.encoded())
    let answer = try #require(pair.right.handle(.datagram(datagram), at: pair.clock.now).first)
    #expect(answer.bytes.count <= datagram.bytes.count)
    return (request, try ReceivedMessage(answer.bytes).plain())
  }

  /// Two gateways of which the left one has begun, and nothing has arrived.
  private func begun(redirect: IPAddress?) -> TwoGateways {
    let pair = TwoGateways()
    pair.configure(right: { $0.redirect = redirect })
    return pair
  }

  // left                                  right
  // IKE_SA_INIT {…, N(REDIRECT_SUPPORTED)}  ──▶
  //                                       ◀──  N(REDIRECT: the other gateway, Ni)     no key exchange, nothing kept
  @Test("who says REDIRECT_SUPPORTED is sent on in answer to IKE_SA_INIT, and who does not is served")
  func initial() throws {
    let (request, answer) = try self.answer(with: NotifyPayload(.redirectSupported), in: begun(redirect: elsewhere))
    let nonce = try #require(request.payloads.nonce?.bytes)
    #expect(answer.payloads == [.notify(NotifyPayload(redirectingTo: elsewhere, nonce: nonce))])
    #expect(answer.payloads.notify(.redirect)?.data == [1, 4] + elsewhere.bytes + nonce)
    #expect(answer.header.responderSPI == .zero)
    for (redirect, notify) in [(elsewhere, nil), (nil, NotifyPayload(.redirectSupported))]
      as [(IPAddress?, NotifyPayload?)]
    {
      let (_, answer) = try self.answer(with: notify, in: begun(redirect: redirect))
      #expect(answer.payloads.securityAssociation != nil && answer.payloads.notify(.redirect) == nil)
    }
  }

  @Test("who has been redirected from there is not sent back, and who comes from a third gateway is sent on")
  func redirectedFrom() throws {
    func from(_ gateway: IPAddress) -> NotifyPayload {
      NotifyPayload(.redirectedFrom, data: NotifyPayload(redirectingTo: gateway).data)
    }
    let (_, served) = try answer(with: from(elsewhere), in: begun(redirect: elsewhere))
    #expect(served.payloads.securityAssociation != nil)
    let (_, sentOn) = try answer(with: from(.v4(0x2300_0205)), in: begun(redirect: elsewhere))
    #expect(sentOn.payloads.notify(.redirect)?.gateway == elsewhere)
  }

  @Test("where peers that may be meant go different ways, nobody is sent anywhere before he has said who he is")
  func differentWays() throws {
    let pair = TwoGateways()
    pair.configure()
    var one = IKEConnection.sample(initiates: false).mirrored
    one.redirect = elsewhere
    var other = one
    (other.name, other.remoteIdentity, other.redirect) = ("other", .fqdn("other.test"), nil)
    pair.handle(pair.right, .configure([one, other]))
    let (_, answer) = try self.answer(with: NotifyPayload(.redirectSupported), in: pair)
    #expect(answer.payloads.notify(.redirect) == nil)
  }

  /// What the right gateway has sent under the IKE SA of both.
  private func redirects(in pair: TwoGateways) -> [ExchangeType: IPAddress] {
    var found: [ExchangeType: IPAddress] = [:]
    for datagram in pair.right.sent {
      guard let message = try? ReceivedMessage(datagram.bytes),
        let opened = pair.left.sessions.lazy.compactMap({ try? $0.sa?.protection.open(message) }).first
      else { continue }
      if let gateway = opened.payloads.notify(.redirect)?.gateway { found[message.header.exchangeType] = gateway }
    }
    return found
  }

  // IKE_SA_INIT, IKE_SA_INIT
  // IKE_AUTH {IDi, AUTH, SA, …}  ──▶
  //                              ◀──  IDr, AUTH, N(REDIRECT)     no Child SA
  @Test("a peer that is known by its proof alone is sent on in answer to IKE_AUTH, without a Child SA")
  func authentication() {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] datagram in
      if datagram.isResponse(.initial, from: TwoGateways.rightAddress) {
        for session in pair.right.sessions { session.isRedirectable = true }
      }
      return datagram
    }
    pair.configure(right: { $0.redirect = elsewhere })
    pair.run(for: .milliseconds(100))
    #expect(pair.right.established.count == 1 && pair.right.childrenEstablished.isEmpty)
    #expect(redirects(in: pair)[.authentication] == elsewhere)
  }

  // The other end does not follow, as none of ours does: the tunnel stands.
  @Test(
    "a peer whose tunnel stands is told once, also in an IKE SA that has been rekeyed; the tunnel stays until it goes")
  func standing() {
    let pair = TwoGateways.established()
    for session in pair.right.sessions { session.isRedirectable = true }
    pair.handle(pair.left, .rekeyIKE(connection: "tunnel"))
    pair.run(for: .seconds(1))
    configureRight(of: pair, redirect: elsewhere)
    pair.run(for: .seconds(5))
    #expect(redirects(in: pair) == [.informational: elsewhere])
    #expect(pair.right.sent.count { $0.isRequest(.informational, from: TwoGateways.rightAddress) } == 1)
    configureRight(of: pair, redirect: nil)
    pair.run(for: .seconds(30))
    #expect(pair.haveOneMatchingChild && pair.left.closings.isEmpty && pair.right.closings.isEmpty)
  }

  @Test("a peer that has not said that it can go is not told to")
  func unable() {
    let pair = TwoGateways.established()
    configureRight(of: pair, redirect: elsewhere)
    pair.run(for: .seconds(5))
    #expect(redirects(in: pair).isEmpty && pair.haveOneMatchingChild)
  }

  // Somebody who sees IKE_SA_INIT answers faster than the peer.
  @Test("we do not offer to be redirected, and a forged REDIRECT moves nobody")
  func forged() {
    let pair = TwoGateways()
    pair.rewrite = { [unowned pair] datagram in
      guard datagram.isRequest(.initial, from: TwoGateways.leftAddress),
        let message = try? ReceivedMessage(datagram.bytes), let payloads = try? message.plain().payloads
      else { return datagram }
      #expect(payloads.notify(.redirectSupported) == nil)
      let notify = NotifyPayload(redirectingTo: elsewhere, nonce: payloads.nonce?.bytes ?? [])
      let answer = IKEMessage(header: message.header.refusal, payloads: [.notify(notify)])
      pair.send([IKEDatagram(uplink: "isp", local: right, remote: left, bytes: answer.encoded())])
      return datagram
    }
    pair.configure()
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild && pair.left.failures.isEmpty)
    #expect(!pair.left.sent.contains { $0.remote.address == elsewhere })
  }

  @Test("a gateway's identity is read within its length, or not at all")
  func malformed() {
    for data: [UInt8] in [[], [1], [1, 4], [1, 4, 1, 2, 3], [1, 5, 1, 2, 3, 4, 5], [2, 4, 1, 2, 3, 4], [3, 1, 65]] {
      #expect(NotifyPayload(.redirectedFrom, data: data).gateway == nil, "\(data)")
    }
    let six = IPAddress(bytes: (0..<16).map { UInt8($0) }[...])
    #expect(NotifyPayload(.redirectedFrom, data: [2, 16] + Array(0..<16)).gateway == six)
  }
}
