import FabricCrypto
import WireFormat

/// A Child SA's algorithms, from offer to choice.
extension ESPProposal {
  /// The proposal on the wire. In IKE_AUTH there is no key exchange to propose (RFC 7296 section 1.2).
  func offer(number: UInt8, spi: ESPSPI, isFirstChild: Bool) -> Proposal {
    let methods =
      isFirstChild ? [] : keyExchangeMethods.map { Transform($0) } + Transform.additional(additionalKeyExchanges)
    let numbers = (extendedSequenceNumbers ? [true, false] : [false]).map { Transform(extendedSequenceNumbers: $0) }
    return Proposal(
      number: number, spi: .esp(spi),
      transforms: encryption.map { Transform($0) } + integrity.map { Transform($0) } + methods + numbers)
  }

  /// The suite that this proposal and the peer's have in common, our order deciding; nil if there is none.
  func suite(from offer: Proposal, isFirstChild: Bool) -> ESPSuite? {
    guard offer.hasOnly([.encryption, .integrity, .keyExchange, .extendedSequenceNumbers]),
      let protection = offer.chooseProtection(encryption, integrity)
    else { return nil }
    let wanted = extendedSequenceNumbers ? [UInt16(1), 0] : [0]
    let offered = offer.understood(.extendedSequenceNumbers).map(\.id)
    // RFC 7296 section 3.3.3: the transform is mandatory for ESP; a peer that leaves it out can only mean 32 bits.
    guard let numbers = wanted.first(where: { offered.isEmpty ? $0 == 0 : offered.contains($0) }) else { return nil }
    var method: KeyExchangeMethod?
    if !isFirstChild {
      method = offer.choose(keyExchangeMethods, .keyExchange)
      guard method != nil || (keyExchangeMethods.isEmpty && offer.allowsNone(.keyExchange)) else { return nil }
    }
    let additional = isFirstChild ? [] : additionalKeyExchanges
    guard offer.offers(additional: additional) else { return nil }
    return ESPSuite(
      protection: protection, keyExchange: method, additionalKeyExchanges: additional,
      usesExtendedSequenceNumbers: numbers == 1)
  }
}

extension ESPSuite {
  /// The suite as a responder's choice.
  func choice(number: UInt8, spi: ESPSPI) -> Proposal {
    let integrity = protection.integrity.map { [Transform($0)] } ?? []
    let method = keyExchange.map { [Transform($0)] } ?? []
    return Proposal(
      number: number, spi: .esp(spi),
      transforms: [Transform(protection.encryption)] + integrity + method
        + Transform.additional(additionalKeyExchanges) + [
          Transform(extendedSequenceNumbers: usesExtendedSequenceNumbers)
        ])
  }
}

/// What two ends agree on for a Child SA.
struct ESPAgreement {
  let suite: ESPSuite
  /// The number of the initiator's proposal that holds the suite.
  let proposalNumber: UInt8
  /// The SPI at which the peer receives.
  let peerSPI: ESPSPI
}

extension [ESPProposal] {
  /// The SA payload that offers all proposals, numbered from 1 (RFC 7296 section 3.3.1).
  func offer(spi: ESPSPI, isFirstChild: Bool) -> SecurityAssociationPayload {
    SecurityAssociationPayload(
      enumerated().map { $1.offer(number: UInt8(clamping: $0 + 1), spi: spi, isFirstChild: isFirstChild) })
  }

  /// The best suite of ours that the peer offers.
  func select(from payload: SecurityAssociationPayload, isFirstChild: Bool) -> ESPAgreement? {
    for own in self {
      for offer in payload.proposals {
        guard case .esp(let spi) = offer.spi else { continue }
        if let suite = own.suite(from: offer, isFirstChild: isFirstChild) {
          return ESPAgreement(suite: suite, proposalNumber: offer.number, peerSPI: spi)
        }
      }
    }
    return nil
  }

  /// What a responder chose, checked against what we offered (RFC 7296 section 2.7).
  func accept(_ payload: SecurityAssociationPayload, isFirstChild: Bool) -> ESPAgreement? {
    guard payload.proposals.count == 1, let choice = payload.proposals.first, case .esp(let spi) = choice.spi,
      choice.number > 0, choice.number <= count,
      let suite = self[Int(choice.number) - 1].suite(from: choice, isFirstChild: isFirstChild),
      Set(suite.choice(number: 1, spi: spi).transforms).isSuperset(of: choice.transforms.filter { $0.id != 0 })
    else { return nil }
    return ESPAgreement(suite: suite, proposalNumber: choice.number, peerSPI: spi)
  }

  /// The proposals in words.
  func text(isFirstChild: Bool) -> String {
    guard let anySPI = ESPSPI(rawValue: .max) else { return "" }
    return describe(offer(spi: anySPI, isFirstChild: isFirstChild).proposals)
  }
}
