import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

/// What a peer may ask for besides a Child SA, and what it gets.
@Suite("Options of a Child SA")
struct ChildOptionsTests {
  private let a = TwoGateways.leftAddress
  private let b = TwoGateways.rightAddress

  /// Opens what one end has sealed for the other, changes it, and seals it again in the sender's name.
  private func change(
    _ datagram: IKEDatagram, in pair: TwoGateways, _ change: (inout [Payload]) -> Void
  ) -> IKEDatagram {
    let (sender, receiver) = datagram.local.address == a ? (pair.left, pair.right) : (pair.right, pair.left)
    guard let received = try? ReceivedMessage(datagram.bytes),
      var message = receiver.sessions.lazy.compactMap({ try? $0.sa?.protection.open(received) }).first,
      let session = sender.sessions.first(where: { $0.initiatorSPI == received.header.initiatorSPI })
    else { return datagram }
    change(&message.payloads)
    var changed = datagram
    changed.bytes = (try? session.sa?.protection.seal(message)) ?? []
    return changed
  }

  /// Has the left end ask for a further Child SA with these notifies besides, and returns what the right end answers.
  private func answer(to notifies: [NotifyType]) throws -> (pair: TwoGateways, payloads: [Payload]) {
    let pair = TwoGateways.established()
    var answer: [Payload] = []
    pair.rewrite = { [self, unowned pair] datagram in
      if datagram.isRequest(.createChildSA, from: a) {
        return change(datagram, in: pair) { $0 += notifies.map { .notify(NotifyPayload($0)) } }
      }
      if datagram.isResponse(.createChildSA, from: b) { return change(datagram, in: pair) { answer = $0 } }
      return datagram
    }
    pair.handle(
      pair.left, .createChild(connection: "tunnel", localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)]))
    pair.run(for: .seconds(1))
    return (pair, answer)
  }

  // RFC 7296 section 1.3.1: a responder that does not want transport mode leaves the notify out, and tunnel mode it is.
  @Test("a peer that asks for transport mode gets tunnel mode, in which both ends agree")
  func transportMode() throws {
    let (pair, payloads) = try answer(to: [.useTransportMode])
    #expect(payloads.securityAssociation != nil)
    #expect(payloads.notify(.useTransportMode) == nil)
    #expect(pair.right.installed.count == 2 && pair.left.installed.count == 2)
  }

  @Test("a peer that answers with transport mode unasked has its Child SA deleted again")
  func unaskedTransportMode() {
    let pair = TwoGateways.established()
    pair.rewrite = { [self, unowned pair] datagram in
      guard datagram.isResponse(.createChildSA, from: b) else { return datagram }
      return change(datagram, in: pair) { $0.append(.notify(NotifyPayload(.useTransportMode))) }
    }
    pair.handle(
      pair.left, .createChild(connection: "tunnel", localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)]))
    pair.run(for: .seconds(1))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.failures.last?.cause == "the peer answered with transport mode, which we did not ask for")
  }

  // RFC 7296 sections 1.3.1 and 3.10.1. ESP here opens padded packets and never pads by itself; selectors of whole
  // networks cover fragments anyway.
  @Test("notifies about padding and fragments, and unknown ones, are taken note of and not sent back")
  func otherNotifies() throws {
    let (pair, payloads) = try answer(to: [
      .trafficFlowConfidentialityPaddingNotSupported, .nonFirstFragmentsAlso, NotifyType(rawValue: 40_000),
      NotifyType(rawValue: 8_000),
    ])
    #expect(payloads.securityAssociation != nil)
    #expect(payloads.notifies.isEmpty)
    #expect(pair.right.installed.count == 2 && pair.left.installed.count == 2)
  }

  // A                                              B
  // IKE_SA_INIT                            ──▶
  //                                        ◀──  …, N(CHILDLESS_IKEV2_SUPPORTED)
  // IKE_AUTH {IDi, IDr, AUTH}              ──▶                     RFC 6023: no SA, no TS
  //                                        ◀──  IKE_AUTH {IDr, AUTH}
  // CREATE_CHILD_SA                        ──▶
  @Test("an initiator may set the IKE SA up without a Child SA, and ask for one later")
  func childless() throws {
    let pair = TwoGateways()
    var isAnnounced = false
    pair.rewrite = { [self, unowned pair] datagram in
      if datagram.isResponse(.initial, from: b), let message = try? ReceivedMessage(datagram.bytes).plain() {
        isAnnounced = message.payloads.notify(.childlessSupported) != nil
      }
      guard datagram.isRequest(.authentication, from: a) else { return datagram }
      return change(datagram, in: pair) { payloads in
        payloads.removeAll { payload in
          switch payload {
          case .securityAssociation, .initiatorTrafficSelectors, .responderTrafficSelectors: true
          default: false
          }
        }
      }
    }
    pair.configure()
    pair.run(for: .milliseconds(200))
    #expect(isAnnounced)
    #expect(pair.right.established.count == 1 && pair.left.established.count == 1)
    #expect(pair.right.installed.isEmpty && pair.right.failures.isEmpty)
    pair.run(for: .seconds(5))
    #expect(pair.haveOneMatchingChild)
  }
}
