import FabricCrypto
import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Loss, duplicates, disorder and corruption")
struct FaultyWireTests {
  /// What the tunnel is made with.
  enum Kind: CaseIterable {
    case classic
    /// With ML-KEM behind every key exchange, and so IKE_INTERMEDIATE and IKE_FOLLOWUP_KE, and with a PPK.
    case postQuantum

    func change(_ connection: inout IKEConnection) {
      guard self == .postQuantum else { return }
      connection.demand([.mlkem768])
      connection.postQuantumPresharedKey = .sample(isRequired: true)
    }
  }

  /// A life in which every exchange happens: establishment, a rekey of both SAs by either end, a further Child SA,
  /// liveness, deletion. `fate` decides over each of its datagrams.
  private func life(
    _ kind: Kind, _ fate: @escaping (Int, IKEDatagram) -> VirtualWire<IKEDatagram>.Fate
  ) -> TwoGateways {
    let pair = TwoGateways()
    pair.wire.fate = fate
    pair.configure(left: kind.change, right: kind.change)
    pair.run(for: .seconds(20))
    for gateway in [pair.left, pair.right] {
      if let spi = gateway.installed.keys.first {
        pair.handle(gateway, .rekeyChild(connection: "tunnel", inboundSPI: spi))
      }
      pair.run(for: .seconds(20))
      pair.handle(gateway, .rekeyIKE(connection: "tunnel"))
      pair.run(for: .seconds(20))
    }
    return pair
  }

  private func expectIntact(_ pair: TwoGateways, _ comment: Comment) {
    #expect(pair.haveOneMatchingChild, comment)
    #expect(pair.left.closings.isEmpty, comment)
    #expect(pair.right.closings.isEmpty, comment)
    #expect(pair.left.failures.isEmpty, comment)
    #expect(pair.left.establishedSessions.count == 1, comment)
    #expect(pair.right.establishedSessions.count == 1, comment)
  }

  @Test("the loss of any one message is made good by retransmission", arguments: Kind.allCases)
  func lossOfEach(kind: Kind) {
    let count = life(kind) { _, _ in .deliver }.wire.count
    #expect(count > 20)
    for lost in 0..<count {
      let pair = life(kind) { index, _ in index == lost ? .lose : .deliver }
      expectIntact(pair, "message \(lost) lost")
    }
  }

  @Test("the loss of any two messages in a row is made good by retransmission", arguments: Kind.allCases)
  func lossOfPairs(kind: Kind) {
    for lost in 0..<life(kind, { _, _ in .deliver }).wire.count {
      let pair = life(kind) { index, _ in index == lost || index == lost + 1 ? .lose : .deliver }
      expectIntact(pair, "messages \(lost) and \(lost + 1) lost")
    }
  }

  @Test("a duplicate of any message changes nothing", arguments: Kind.allCases)
  func duplicateOfEach(kind: Kind) {
    for twice in 0..<life(kind, { _, _ in .deliver }).wire.count {
      let pair = life(kind) { index, _ in index == twice ? .duplicate : .deliver }
      expectIntact(pair, "message \(twice) twice")
      #expect(pair.left.childrenEstablished.count == 3, "message \(twice) twice")
    }
  }

  @Test("any message may come late, behind others and behind its own retransmission", arguments: Kind.allCases)
  func disorder(kind: Kind) {
    for late in 0..<life(kind, { _, _ in .deliver }).wire.count {
      for delay in [Duration.milliseconds(15), .milliseconds(700), .seconds(3)] {
        let pair = life(kind) { index, _ in index == late ? .delay(delay) : .deliver }
        expectIntact(pair, "message \(late) late by \(delay)")
      }
    }
  }

  @Test(
    "seeded loss, delay and duplication: the tunnel is whole again after the storm", arguments: 0..<20 as Range<UInt64>)
  func storm(seed: UInt64) {
    let random = SeededRandom(seed: seed)
    var isCalm = false
    let pair = life(seed % 2 == 0 ? .classic : .postQuantum) { _, _ in
      guard !isCalm else { return .deliver }
      switch random.next() % 10 {
      case 0, 1: return .lose
      case 2: return .duplicate
      case 3: return .delay(.milliseconds(Int64(random.next() % 3000)))
      default: return .deliver
      }
    }
    isCalm = true
    pair.run(for: .seconds(300))
    #expect(pair.haveOneMatchingChild)
    #expect(pair.left.establishedSessions.count == 1)
    #expect(pair.right.establishedSessions.count == 1)
  }

  /// Establishes with one message broken by `damage` each time it is sent, and checks that this is not a way in.
  private func establish(damaging index: Int, _ damage: @escaping ([UInt8]) -> [UInt8]) -> TwoGateways {
    let pair = TwoGateways()
    var original: [UInt8]?
    var count = 0
    pair.rewrite = { datagram in
      defer { count += 1 }
      if count == index { original = datagram.bytes }
      guard datagram.bytes == original else { return datagram }
      var copy = datagram
      copy.bytes = damage(datagram.bytes)
      return copy
    }
    // With one group only: else damage to the offer of the first group may rightly lead to a retry with the second.
    pair.configure(left: { connection in
      connection.ikeProposals = IKEProposal.proposals(
        encryption: [.aes256GCM16, .aes256CBC], integrity: [.hmacSHA256_128],
        pseudorandomFunctions: [.hmacSHA384, .hmacSHA256], keyExchangeMethods: [.curve25519])
    })
    pair.run(for: .milliseconds(400))
    return pair
  }

  @Test("no truncation of a handshake message traps or establishes", arguments: 0..<4)
  func truncation(message: Int) {
    let length = establish(damaging: message) { $0 }.sentBytes(message).count
    for count in 0..<length {
      let pair = establish(damaging: message) { Array($0.prefix(count)) }
      // The response to IKE_AUTH is the initiator's to accept: the responder has proof by then.
      #expect(pair.left.installed.isEmpty)
      #expect(pair.right.installed.isEmpty || message == 3)
    }
  }

  @Test("no flipped bit of a handshake message traps or establishes", arguments: 0..<4)
  func flippedBits(message: Int) {
    let length = establish(damaging: message) { $0 }.sentBytes(message).count
    for bit in 0..<(length * 8) {
      let pair = establish(damaging: message) { bytes in
        var copy = bytes
        copy[bit / 8] ^= 1 << (bit % 8)
        return copy
      }
      #expect(pair.left.installed.isEmpty, "bit \(bit)")
      #expect(pair.right.installed.isEmpty || message == 3, "bit \(bit)")
    }
  }
}

extension TwoGateways {
  /// The bytes of message `index` of a handshake without faults.
  fileprivate func sentBytes(_ index: Int) -> [UInt8] {
    let (gateway, position) = index % 2 == 0 ? (left, index / 2) : (right, index / 2)
    return gateway.sent.indices.contains(position) ? gateway.sent[position].bytes : []
  }
}
