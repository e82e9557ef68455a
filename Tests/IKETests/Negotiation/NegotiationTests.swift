import FabricCrypto
import Testing
import WireFormat

@testable import IKE

@Suite("Choosing algorithms and traffic")
struct NegotiationTests {
  private func ike(
    _ encryption: [EncryptionAlgorithm], _ methods: [KeyExchangeMethod] = [.curve25519]
  ) -> [IKEProposal] {
    IKEProposal.proposals(
      encryption: encryption, integrity: [.hmacSHA512_256, .hmacSHA256_128],
      pseudorandomFunctions: [.hmacSHA512, .hmacSHA256], keyExchangeMethods: methods)
  }

  private func esp(
    _ encryption: [EncryptionAlgorithm], pfs: [KeyExchangeMethod] = [], esn: Bool = false
  ) -> [ESPProposal] {
    ESPProposal.proposals(
      encryption: encryption, integrity: [.hmacSHA256_128], keyExchangeMethods: pfs, extendedSequenceNumbers: esn)
  }

  private let spi = ESPSPI(rawValue: 4096)

  @Test("AEADs and other ciphers never share a proposal, and the order of preference is kept")
  func runs() {
    let proposals = ike([.aes256CBC, .aes256GCM16, .aes128GCM16, .aes128CBC])
    #expect(proposals.map(\.encryption) == [[.aes256CBC], [.aes256GCM16, .aes128GCM16], [.aes128CBC]])
    #expect(proposals.map(\.integrity.isEmpty) == [false, true, false])
    #expect(
      IKEProposal(
        encryption: [.aes256CBC, .aes256GCM16], integrity: [], pseudorandomFunctions: [.hmacSHA256],
        keyExchangeMethods: [.ecp256]) == nil)
    #expect(
      ESPProposal(
        encryption: [.aes256CBC], integrity: [], keyExchangeMethods: [], extendedSequenceNumbers: false) == nil)
  }

  @Test("the responder's order decides, not the initiator's")
  func order() throws {
    let offer = ike([.aes128GCM16, .aes256GCM16], [.ecp256, .curve25519]).offer(spi: .initialIKE)
    let (suite, _) = try #require(ike([.aes256GCM16, .aes128GCM16], [.curve25519, .ecp256]).select(from: offer))
    #expect(suite.protection == .aead(.aes256GCM16))
    #expect(suite.keyExchange == .curve25519)
    #expect(suite.pseudorandomFunction == .hmacSHA512)
  }

  @Test("the choice names the number of the proposal that it comes from")
  func number() throws {
    let offer = ike([.aes256GCM16, .aes128CBC]).offer(spi: .initialIKE)
    let (suite, proposal) = try #require(ike([.aes128CBC]).select(from: offer))
    #expect(proposal.number == 2)
    #expect(suite.protection == ProtectionSuite(.aes128CBC, .hmacSHA512_256))
    let answer = SecurityAssociationPayload([suite.choice(number: 2, spi: .initialIKE)])
    #expect(ike([.aes256GCM16, .aes128CBC]).accept(answer)?.suite == suite)
  }

  @Test("a choice that was not offered, of another number, or with two of a kind is not accepted")
  func badChoices() throws {
    let own = ike([.aes256GCM16, .aes128CBC])
    let suite = try #require(ike([.aes128GCM16]).select(from: ike([.aes128GCM16]).offer(spi: .initialIKE))).suite
    #expect(own.accept(SecurityAssociationPayload([suite.choice(number: 1, spi: .initialIKE)])) == nil)
    let offered = try #require(own.select(from: own.offer(spi: .initialIKE))).suite
    for number: UInt8 in [0, 2, 3] {
      #expect(own.accept(SecurityAssociationPayload([offered.choice(number: number, spi: .initialIKE)])) == nil)
    }
    #expect(own.accept(own.offer(spi: .initialIKE)) == nil)
    #expect(own.accept(SecurityAssociationPayload([own[0].offer(number: 1, spi: .initialIKE)])) == nil)
  }

  @Test("a transform of unknown kind or with an unknown attribute makes a proposal or a transform unacceptable")
  func unknownTransforms() throws {
    let good = ike([.aes256GCM16]).offer(spi: .initialIKE).proposals[0]
    var reader = ByteReader([99, 0, 0, 1])
    let strange = Proposal(number: 1, spi: .initialIKE, transforms: good.transforms + [try Transform(&reader)])
    #expect(ike([.aes256GCM16]).select(from: SecurityAssociationPayload([strange])) == nil)
  }

  @Test("an AEAD may come with integrity NONE, but not with a real integrity algorithm")
  func aeadWithIntegrity() {
    let good = ike([.aes256GCM16]).offer(spi: .initialIKE).proposals[0]
    let none = Proposal(number: 1, spi: .initialIKE, transforms: good.transforms + [Transform(.integrity, id: 0)])
    #expect(ike([.aes256GCM16]).select(from: SecurityAssociationPayload([none])) != nil)
    let real = Proposal(number: 1, spi: .initialIKE, transforms: good.transforms + [Transform(.hmacSHA256_128)])
    #expect(ike([.aes256GCM16]).select(from: SecurityAssociationPayload([real])) == nil)
  }

  @Test("AES-GMAC, which encrypts nothing, is never chosen, and named for what it is")
  func gmac() throws {
    let spi = try #require(spi)
    let gmac = Transform(.encryption, id: 21, keyLength: 256)
    let none = Transform(extendedSequenceNumbers: false)
    let alone = Proposal(number: 1, spi: .esp(spi), transforms: [gmac, none])
    #expect(alone.description == "aes256gmac/no esn")
    let own = esp(EncryptionAlgorithm.allCases)
    #expect(own.select(from: SecurityAssociationPayload([alone]), isFirstChild: true) == nil)
    let both = Proposal(number: 1, spi: .esp(spi), transforms: [gmac, Transform(.aes128GCM16), none])
    let agreement = try #require(own.select(from: SecurityAssociationPayload([both]), isFirstChild: true))
    #expect(agreement.suite.protection == .aead(.aes128GCM16))
  }

  @Test("PFS is required where the profile names groups, and refused where it names none")
  func perfectForwardSecrecy() throws {
    let spi = try #require(spi)
    let with = esp([.aes256GCM16], pfs: [.ecp384])
    let without = esp([.aes256GCM16])
    #expect(with.select(from: without.offer(spi: spi, isFirstChild: false), isFirstChild: false) == nil)
    #expect(without.select(from: with.offer(spi: spi, isFirstChild: false), isFirstChild: false) == nil)
    #expect(
      with.select(from: with.offer(spi: spi, isFirstChild: false), isFirstChild: false)?.suite.keyExchange == .ecp384)
    // In IKE_AUTH there is no key exchange, whatever the profile says.
    let first = try #require(with.select(from: with.offer(spi: spi, isFirstChild: true), isFirstChild: true))
    #expect(first.suite.keyExchange == nil)
  }

  @Test("64-bit sequence numbers are used where both ends want them, 32-bit ones where one does not")
  func extendedSequenceNumbers() throws {
    let spi = try #require(spi)
    for (ours, theirs) in [(true, true), (true, false), (false, true), (false, false)] {
      let offer = esp([.aes256GCM16], esn: theirs).offer(spi: spi, isFirstChild: true)
      let agreement = try #require(esp([.aes256GCM16], esn: ours).select(from: offer, isFirstChild: true))
      #expect(agreement.suite.usesExtendedSequenceNumbers == (ours && theirs))
      #expect(agreement.peerSPI == spi)
    }
  }

  @Test("selectors are narrowed in the offer's order, each part once")
  func narrowing() throws {
    let any = TrafficSelector.any(.v4)
    let one = TrafficSelector(try #require(IPPrefix("10.1.0.0/16")))
    let two = TrafficSelector(try #require(IPPrefix("10.2.0.0/16")))
    #expect([any].narrowing([two, one]) == [two, one])
    #expect([one, two].narrowing([any]) == [one, two])
    #expect([one].narrowing([two]).isEmpty)
    #expect([any, one].narrowing([one]) == [one])
    #expect([any].narrowing([.any(.v6)]).isEmpty)
    #expect([any].covers([one, two]))
    #expect(![one].covers([any]))
    #expect(![one].covers([]))
  }

  @Test("256 selectors are cut to the 255 that a payload can hold")
  func manySelectors() {
    let many = (0..<300).compactMap { index in
      TrafficSelector(firstAddress: .v4(index), lastAddress: .v4(index))
    }
    #expect([TrafficSelector.any(.v4)].narrowing(many).count == 255)
  }

  @Test("algorithms that Fabric does not speak are named all the same")
  func names() {
    let proposal = Proposal(
      number: 1, spi: .initialIKE,
      transforms: [
        Transform(.encryption, id: 3), Transform(.encryption, id: 12, keyLength: 192), Transform(.integrity, id: 2),
        Transform(.keyExchange, id: 2), Transform(.encryption, id: 77),
      ])
    #expect(proposal.description == "3des,aes192,transform 1/77/sha1/modp1024")
  }
}
