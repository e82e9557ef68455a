import FabricCrypto
import WireFormat

/// What can happen to the IKE engine.
public enum IKEEvent: Sendable {
  /// Before the first `configure` of a gateway that has just come up: no SA of an earlier life is left at this end, and the
  /// first IKE_AUTH with each peer says so with INITIAL_CONTACT (RFC 7296 section 2.4). A process that takes over from
  /// another, whose SAs still carry traffic, does not get it.
  case initialContact
  /// The connections are now these: unchanged ones are left alone, others are closed, changed or started. Where nothing
  /// but our own address or uplink has changed, an IKE SA whose peer can moves there (MOBIKE, RFC 4555).
  case configure([IKEConnection])
  /// Our own certificate, and whom we trust, are now these. SAs that stand are left alone, but for those of peers whose
  /// certificates have been withdrawn.
  case credentials(IKECredentials)
  /// From now on peers learn at once that we have lost an IKE SA (RFC 6290), and get tickets by which they resume it
  /// (RFC 5723). Tokens and tickets are made with this secret: 32 random bytes that outlive the process, or else it could
  /// neither make the tokens of the SAs that it has lost, nor read their tickets. `secondsSince1970` is the time of day.
  case recovery(secret: SecretBytes, secondsSince1970: Int64)
  /// Set this connection up now, without waiting for the next retry.
  case initiate(connection: String)
  /// Close this connection with a DELETE and leave it down until it is initiated again, by us or the peer.
  case terminate(connection: String)
  /// An IKE message came in.
  case datagram(IKEDatagram)
  /// `IKEEngine.nextDeadline` has passed.
  case timeout
  /// The ESP role could not install a Child SA; the engine deletes it at the peer.
  case childSAFailed(connection: String, inboundSPI: ESPSPI, reason: String)
  /// Authentic ESP packets came in since the last such event, which proves the peer alive (RFC 7296 section 2.4).
  case inboundTraffic(connection: String)
  /// The newest authentic ESP packet came from another endpoint than ours go to. Where RFC 7296 section 2.23 allows it, the
  /// tunnel follows; packets that were replayed or came late must not get here.
  case otherSource(connection: String, source: Endpoint)
  /// Packets go out, and none have come in for some seconds: the peer is asked at once whether it is alive, rather than
  /// after `IKEConnection.deadPeerInterval`.
  case unansweredTraffic(connection: String)
  /// Replace a Child SA: its byte or packet limit is near.
  case rekeyChild(connection: String, inboundSPI: ESPSPI)
  /// Delete a Child SA at both ends: its hard byte or packet limit is reached, and the ESP role does not use it any more.
  case deleteChild(connection: String, inboundSPI: ESPSPI)
  /// Replace the IKE SA before its time.
  case rekeyIKE(connection: String)
  /// Negotiate a further Child SA in the connection's IKE SA (RFC 7296 section 1.3.1).
  case createChild(connection: String, localSelectors: [TrafficSelector], remoteSelectors: [TrafficSelector])
}
