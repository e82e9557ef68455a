import WireFormat

/// What the IKE engine wants done, in this order.
public enum IKEAction: Sendable, Equatable {
  /// Send an IKE message.
  case send(IKEDatagram)
  /// Install a pair of ESP SAs, inbound first.
  case installChildSA(ChildSA)
  /// Remove a pair of ESP SAs.
  case deleteChildSA(connection: String, inboundSPI: ESPSPI)
  /// The peer's or our own address or port has changed: send a pair's packets another way from now on.
  case moveChildSA(ChildSAMove)
  /// Tell the operator.
  case report(IKEReport)
}
