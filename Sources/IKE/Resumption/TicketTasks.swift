import WireFormat

/// TICKET_REQUEST in IKE_AUTH (RFC 5723 section 4.1), at the initiator, which keeps the ticket for the case that the peer
/// loses the IKE SA.
final class RequestTicket: ExchangeTask {
  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard case .presharedKey = session.connection?.authentication else { return [] }
    return [.notify(NotifyPayload(.ticketRequest))]
  }

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    guard let data = message.payloads.notify(.ticketLifetimeAndOpaque)?.data, let resumable = ResumableSession(session)
    else { return }
    var reader = ByteReader(data)
    guard let lifetime = try? reader.readUInt32() else { return }
    let ticket = Array(reader.readRemaining())
    guard (1...HeldTicket.longest).contains(ticket.count) else { return }
    session.effects.append(
      .ticket(
        HeldTicket(session: resumable, ticket: ticket, expires: context.now.advanced(by: .seconds(Int64(lifetime))))))
  }
}

/// The answer of the responder: TICKET_LT_OPAQUE, or TICKET_NACK where it gives none out.
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                     Lifetime in seconds                       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                           Ticket                              ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
final class GrantTicket: ExchangeTask {
  /// RFC 5723 section 6.2: a ticket must not live longer than the peer's proof of identity may be old.
  private static let longestLifetime: Duration = .seconds(86_400)

  private var isAsked = false

  func process(_ message: IKEMessage, in session: IKESession, _ context: SessionContext) {
    isAsked = message.payloads.notify(.ticketRequest) != nil
  }

  func build(in session: IKESession, _ context: SessionContext) -> [Payload] {
    guard isAsked else { return [] }
    guard let connection = session.connection, let resumable = ResumableSession(session) else { return refusal }
    let lifetime = min(connection.ikeLifetime, GrantTicket.longestLifetime)
    guard let ticket = context.tickets?.ticket(for: resumable, of: connection, lifetime: lifetime, context) else {
      return refusal
    }
    var writer = ByteWriter(capacity: 4 + ticket.count)
    writer.write(UInt32(clamping: lifetime.components.seconds))
    writer.write(ticket)
    return [.notify(NotifyPayload(.ticketLifetimeAndOpaque, data: writer.bytes))]
  }

  private var refusal: [Payload] { [.notify(NotifyPayload(.ticketRefused))] }
}
