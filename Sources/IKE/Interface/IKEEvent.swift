import WireFormat

/// What can happen to the IKE engine.
public enum IKEEvent: Sendable {
  /// The connections are now these: unchanged ones are left alone, others are closed, changed or started.
  case configure([IKEConnection])
  /// Our own certificate, and whom we trust, are now these. SAs that stand are left alone.
  case credentials(IKECredentials)
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
  /// Replace a Child SA: its byte or packet limit is near.
  case rekeyChild(connection: String, inboundSPI: ESPSPI)
  /// Delete a Child SA at both ends: its hard byte or packet limit is reached, and the ESP role does not use it any more.
  case deleteChild(connection: String, inboundSPI: ESPSPI)
  /// Replace the IKE SA before its time.
  case rekeyIKE(connection: String)
  /// Negotiate a further Child SA in the connection's IKE SA (RFC 7296 section 1.3.1).
  case createChild(connection: String, localSelectors: [TrafficSelector], remoteSelectors: [TrafficSelector])
}
