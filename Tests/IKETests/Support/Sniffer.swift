import WireFormat

@testable import IKE

/// What a test can tell of a datagram on the wire without keys.
extension IKEDatagram {
  /// Whether this is a request or response of an exchange, sent by the left or the right gateway.
  func isRequest(_ type: ExchangeType, from sender: IPAddress) -> Bool {
    local.address == sender && header?.exchangeType == type && header?.isResponse == false
  }

  /// Whether this is a response of an exchange, sent by the left or the right gateway.
  func isResponse(_ type: ExchangeType, from sender: IPAddress) -> Bool {
    local.address == sender && header?.exchangeType == type && header?.isResponse == true
  }

  private var header: IKEHeader? { try? ReceivedMessage(bytes).header }
}

extension TwoGateways {
  /// The notifies that a gateway has sent in messages which its peer can still read, errors only.
  func errors(sentBy sender: Gateway) -> [NotifyType] {
    let receiver = sender === left ? right : left
    return sender.sent.flatMap { datagram -> [NotifyType] in
      guard let message = try? ReceivedMessage(datagram.bytes) else { return [] }
      let opened = receiver.sessions.lazy.compactMap { try? $0.sa?.protection.open(message) }.first
      return opened?.payloads.notifies.map(\.type).filter(\.isError) ?? []
    }
  }
}
