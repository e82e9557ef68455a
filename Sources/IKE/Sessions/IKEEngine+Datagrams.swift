import WireFormat

/// A packet's way to its session.
extension IKEEngine {
  mutating func receive(_ datagram: IKEDatagram, at now: Instant) {
    let message: ReceivedMessage
    do {
      message = try ReceivedMessage(datagram.bytes)
    } catch {
      if case .unsupportedVersion(let major) = error, major > 2 { refuseVersion(of: datagram) }
      return
    }
    let path = NetworkPath(answering: datagram)
    let header = message.header
    if header.beginsSession {
      return initiation(message, along: path, at: now)
    }
    // The SPI that we chose is the initiator's if the sender is the responder, and the other way round.
    guard let session = sessions[header.isFromInitiator ? header.responderSPI : header.initiatorSPI],
      session.isInitiator != header.isFromInitiator,
      session.remoteSPI == .zero
        || session.remoteSPI == (header.isFromInitiator ? header.initiatorSPI : header.responderSPI)
    else { return answerUnknown(message, along: path, at: now) }
    let context = context(at: now)
    if header.isResponse {
      session.receiveResponse(message, along: path, context)
    } else {
      session.receiveRequest(message, along: path, context)
    }
    settle(session, context)
  }

  /// RFC 7296 section 2.5: a message of a higher major version is dropped, and its sender told what we speak.
  private mutating func refuseVersion(of datagram: IKEDatagram) {
    var reader = ByteReader(datagram.bytes)
    guard let initiatorSPI = try? reader.readUInt64(), let responderSPI = try? reader.readUInt64(),
      (try? reader.skip(3)) != nil, let flags = try? reader.readUInt8(), flags & 0x20 == 0,
      let messageID = try? reader.readUInt32()
    else { return }
    let header = IKEHeader(
      initiatorSPI: IKESPI(rawValue: initiatorSPI), responderSPI: IKESPI(rawValue: responderSPI),
      exchangeType: .initial, isFromInitiator: false, isResponse: true, messageID: messageID)
    let answer = IKEMessage(header: header, payloads: [.notify(NotifyPayload(.invalidMajorVersion))])
    answer.sendUnauthenticated(to: datagram.bytes, along: NetworkPath(answering: datagram), &actions)
  }
}
