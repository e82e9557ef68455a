import FabricCrypto
import WireFormat

/// The session's Child SAs.
extension IKESession {
  /// What an exchange has agreed on for a Child SA.
  struct NewChild {
    let suite: ESPSuite
    let inboundSPI: ESPSPI
    let outboundSPI: ESPSPI
    let nonces: Nonces
    let sharedSecret: SecretBytes?
    let localSelectors: [TrafficSelector]
    let remoteSelectors: [TrafficSelector]
    /// Whether we initiated the exchange.
    let isInitiator: Bool
    let replaces: ESPSPI?
  }

  /// Derives the keys of a Child SA and has it installed.
  func install(_ new: NewChild, _ context: SessionContext) throws(ExchangeError) {
    guard let sa, let connection else { return }
    let keys: ChildKeys
    do {
      keys = try ChildKeys(
        sa.suite.pseudorandomFunction, derivation: sa.keys.derivation, sharedSecret: new.sharedSecret,
        nonces: new.nonces, protection: new.suite.protection)
    } catch {
      throw .fatal(notify: nil, endOfSA("the Child SA's keys could not be derived: \(error)"))
    }
    let lifetime = Lifetime(connection.childLifetime, isInitiator: new.isInitiator, context)
    children[new.inboundSPI] = ChildRecord(
      inboundSPI: new.inboundSPI, outboundSPI: new.outboundSPI, localSelectors: new.localSelectors,
      remoteSelectors: new.remoteSelectors, rekeys: lifetime.rekeys, expires: lifetime.expires)
    childRetry = nil
    childFailures = 0
    effects.append(.action(.installChildSA(childSA(new, keys, connection))))
    report(.childEstablished(summary(new, lifetime, context)))
  }

  private func childSA(_ new: NewChild, _ keys: ChildKeys, _ connection: IKEConnection) -> ChildSA {
    ChildSA(
      connection: connection.name, inboundSPI: new.inboundSPI, outboundSPI: new.outboundSPI,
      suite: new.suite.protection, usesExtendedSequenceNumbers: new.suite.usesExtendedSequenceNumbers,
      inboundKeys: new.isInitiator ? keys.responder : keys.initiator,
      outboundKeys: new.isInitiator ? keys.initiator : keys.responder,
      uplink: path.uplink, localEndpoint: endpoint(path.local), remoteEndpoint: endpoint(path.remote),
      encapsulation: encapsulation, localSelectors: new.localSelectors, remoteSelectors: new.remoteSelectors,
      replayWindow: connection.replayWindow, isInitiator: new.isInitiator, replaces: new.replaces,
      isBehindNAT: nat.isLocalBehindNAT)
  }

  private func summary(_ new: NewChild, _ lifetime: Lifetime, _ context: SessionContext) -> ChildSASummary {
    ChildSASummary(
      inboundSPI: new.inboundSPI, outboundSPI: new.outboundSPI, replaces: new.replaces, suite: new.suite,
      encapsulation: encapsulation, localSelectors: new.localSelectors, remoteSelectors: new.remoteSelectors,
      established: context.now, rekeys: lifetime.rekeys)
  }

  /// Forgets a Child SA and has it removed; nothing happens if it is gone already.
  func removeChild(_ inboundSPI: ESPSPI, reason: String) {
    guard children.removeValue(forKey: inboundSPI) != nil, let connection else { return }
    effects.append(.action(.deleteChildSA(connection: connection.name, inboundSPI: inboundSPI)))
    report(.childClosed(inboundSPI, reason: reason))
  }

  /// Longest wait between two attempts to get a Child SA in an IKE SA that stands.
  private static let longestChildRetry: Duration = .seconds(60)

  /// Reports that there is no Child SA, and tries again later if this end sets the tunnel up.
  func childAttemptFailed(_ cause: String, _ context: SessionContext) {
    var retryAfter: Duration?
    if children.isEmpty, connection?.initiates == true {
      let wait = min(.seconds(1 << min(childFailures, 6)), IKESession.longestChildRetry)
      childFailures += 1
      retryAfter = wait
      childRetry = context.now.advanced(by: wait + context.share(of: wait / 4))
    }
    report(
      .failed(IKEReport.Failure(stage: .childSA, cause: cause, remote: path.remote, retryAfter: retryAfter)))
  }

  /// Asks for a new Child SA soon if the last one has gone and this end sets the tunnel up.
  func replaceMissingChild(_ context: SessionContext) {
    guard phase == .established, children.isEmpty, childRetry == nil, connection?.initiates == true else { return }
    childRetry = context.now.advanced(by: context.share(of: .seconds(1)))
  }

  /// Queues the exchange that brings the missing Child SA.
  func createMissingChild() {
    childRetry = nil
    guard let connection, children.isEmpty else { return }
    let task = InitiateChild(isFirst: false, local: connection.localSelectors, remote: connection.remoteSelectors)
    enqueue(.createChildSA, [task])
  }

  /// Whether a request of ours that changes SAs is queued or out: then the peer must not rekey the IKE SA
  /// (RFC 7296 section 2.25.2).
  var isChangingSAs: Bool {
    let exchanges = queue + (requests.outstanding.map { [$0.exchange] } ?? [])
    return exchanges.contains { exchange in exchange.tasks.contains { !($0 is InitiateLiveness) } }
  }
}
