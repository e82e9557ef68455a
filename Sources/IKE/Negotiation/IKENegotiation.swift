import FabricCrypto
import WireFormat

/// An IKE SA's algorithms, from offer to choice.
extension IKEProposal {
  /// The proposal on the wire.
  func offer(number: UInt8, spi: Proposal.SPI) -> Proposal {
    Proposal(
      number: number, spi: spi,
      transforms: encryption.map { Transform($0) } + integrity.map { Transform($0) }
        + pseudorandomFunctions.map { Transform($0) } + keyExchangeMethods.map { Transform($0) }
        + Transform.additional(additionalKeyExchanges))
  }

  /// The suite that this proposal and the peer's have in common, our order deciding; nil if there is none.
  func suite(from offer: Proposal) -> IKESuite? {
    guard offer.hasOnly([.encryption, .integrity, .pseudorandomFunction, .keyExchange]),
      let protection = offer.chooseProtection(encryption, integrity),
      let function = offer.choose(pseudorandomFunctions, .pseudorandomFunction),
      let method = offer.choose(keyExchangeMethods, .keyExchange), offer.offers(additional: additionalKeyExchanges)
    else { return nil }
    return IKESuite(
      protection: protection, pseudorandomFunction: function, keyExchange: method,
      additionalKeyExchanges: additionalKeyExchanges)
  }

  /// Whether a suite is one of this proposal's combinations.
  func allows(_ suite: IKESuite) -> Bool { self.suite(from: suite.choice(number: 1, spi: .initialIKE)) != nil }
}

extension IKESuite {
  /// The suite as a responder's choice.
  func choice(number: UInt8, spi: Proposal.SPI) -> Proposal {
    let integrity = protection.integrity.map { [Transform($0)] } ?? []
    return Proposal(
      number: number, spi: spi,
      transforms: [Transform(protection.encryption)] + integrity
        + [Transform(pseudorandomFunction), Transform(keyExchange)] + Transform.additional(additionalKeyExchanges))
  }
}

extension [IKEProposal] {
  /// The SA payload that offers all proposals, numbered from 1 (RFC 7296 section 3.3.1).
  func offer(spi: Proposal.SPI) -> SecurityAssociationPayload {
    SecurityAssociationPayload(enumerated().map { $1.offer(number: UInt8(clamping: $0 + 1), spi: spi) })
  }

  /// The best suite of ours that the peer offers, with the peer's proposal that holds it.
  func select(from payload: SecurityAssociationPayload) -> (suite: IKESuite, proposal: Proposal)? {
    for own in self {
      for offer in payload.proposals where offer.spi.isIKE {
        if let suite = own.suite(from: offer) { return (suite, offer) }
      }
    }
    return nil
  }

  /// The suite that a responder chose, checked against what we offered (RFC 7296 section 2.7).
  func accept(_ payload: SecurityAssociationPayload) -> (suite: IKESuite, proposal: Proposal)? {
    guard payload.proposals.count == 1, let choice = payload.proposals.first, choice.spi.isIKE,
      choice.number > 0, choice.number <= count, let suite = self[Int(choice.number) - 1].suite(from: choice),
      Set(suite.choice(number: 1, spi: .initialIKE).transforms).isSuperset(of: choice.transforms.filter { $0.id != 0 })
    else { return nil }
    return (suite, choice)
  }

  /// The proposals in words.
  var text: String { describe(offer(spi: .initialIKE).proposals) }
}

extension Proposal.SPI {
  /// Whether the proposal is for an IKE SA.
  var isIKE: Bool {
    switch self {
    case .initialIKE, .ike: true
    case .esp, .unsupported: false
    }
  }
}
