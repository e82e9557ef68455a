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
    var secrets: SharedSecrets
    let localSelectors: [TrafficSelector]
    let remoteSelectors: [TrafficSelector]
    /// Whether we initiated the exchange.
    let isInitiator: Bool
    let replaces: ESPSPI?
  }

  /// Derives the keys of a Child SA and has it installed; not in an IKE SA that is being deleted, whose Child SAs go with
  /// it: the tunnel may be another's already, and the new pair would carry its packets for a moment.
  func install(_ new: NewChild, _ context: SessionContext) throws(ExchangeError) {
    guard phase != .deleting, let sa, let connection else { return }
    let keys: ChildKeys
    do {
      keys = try ChildKeys(
        sa.suite.pseudorandomFunction, derivation: sa.keys.derivation, secrets: new.secrets, nonces: new.nonces,
        protection: new.suite.protection)
    } catch {
      throw .fatal(notify: nil, endOfSA("the Child SA's keys could not be derived: \(error)"))
    }
    let lifetime = Lifetime(connection.childLifetime, isInitiator: new.isInitiator, context)
    children[new.inboundSPI] = ChildRecord(
      inboundSPI: new.inboundSPI, outboundSPI: new.outboundSPI, localSelectors: new.localSelectors,
      remoteSelectors: new.remoteSelectors, nonces: new.nonces, replaces: new.replaces, rekeys: lifetime.rekeys,
      expires: lifetime.expires)
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
    replaceMissingChild(after: context.share(of: .seconds(1)), context)
  }

  /// Asks for a new Child SA after `wait` if the last one has gone and this end sets the tunnel up.
  func replaceMissingChild(after wait: Duration, _ context: SessionContext) {
    guard phase == .established, children.isEmpty, childRetry == nil, connection?.initiates == true else { return }
    childRetry = context.now.advanced(by: wait)
  }

  /// The peer has deleted a pair: if it was the only one to replace another, that one goes on.
  func reinstateReplaced(by child: ChildRecord, _ context: SessionContext) {
    guard let old = child.replaces, children[old]?.state == .replaced,
      !children.values.contains(where: { $0.replaces == old })
    else { return }
    children[old]?.state = .installed
    children[old]?.rekeys = context.now.advanced(by: .seconds(10))
  }

  /// Queues the exchange that brings the missing Child SA.
  func createMissingChild() {
    childRetry = nil
    guard let connection, children.isEmpty else { return }
    enqueue(.createChildSA, [InitiateMissingChild(connection)])
  }

  /// Whether a request of ours is out that creates, replaces or deletes a Child SA (RFC 7296 section 2.25.2).
  var hasSentChildChange: Bool { hasSent(\.changesChild) }

  /// Whether our request to replace this Child SA is out.
  func hasSentRekey(of child: ESPSPI) -> Bool { hasSent { ($0 as? InitiateChildRekey)?.old == child } }

  /// Whether our request to replace the IKE SA is out.
  var hasSentIKERekey: Bool { hasSent { $0 is InitiateIKERekey } }

  private func hasSent(_ isMeant: (any ExchangeTask) -> Bool) -> Bool {
    requests.outstanding?.exchange.tasks.contains(where: isMeant) ?? false
  }
}
