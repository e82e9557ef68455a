import FabricCrypto
import WireFormat

extension NotifyPayload {
  /// INVALID_KE_PAYLOAD, naming the method that we want instead (RFC 7296 section 1.2).
  init(wanting method: KeyExchangeMethod) {
    var writer = ByteWriter(capacity: 2)
    writer.write(method.rawValue)
    self.init(.invalidKeyExchange, data: writer.bytes)
  }

  /// The method that an INVALID_KE_PAYLOAD wants; nil for one that Fabric does not speak.
  var keyExchangeMethod: KeyExchangeMethod? {
    guard data.count == 2 else { return nil }
    return KeyExchangeMethod(rawValue: UInt16(data[0]) << 8 | UInt16(data[1]))
  }

  /// What an error notify from the peer means, in the words of a network engineer.
  func cause(offering offer: String) -> String {
    switch type {
    case .noProposalChosen: "no proposal chosen: the peer accepts none of what we offer: \(offer)"
    case .invalidKeyExchange: "no proposal chosen: the peer wants a key exchange that we do not offer (\(offer))"
    case .authenticationFailed: "authentication failed: the peer refused our identity, or our proof of it"
    case .trafficSelectorsUnacceptable: "the peer accepts none of our traffic selectors (TS_UNACCEPTABLE)"
    case .temporaryFailure: "the peer is busy (TEMPORARY_FAILURE)"
    case .noAdditionalSAs: "the peer allows no further Child SA (NO_ADDITIONAL_SAS)"
    default: "the peer answered \(type)"
    }
  }
}
