extension FuzzTarget {
  /// What a peer says that knows the keys: it has come as far as IKE_SA_INIT, or has proved who it is as well.
  static let ikeProtectedPayloads = FuzzTarget(
    name: "ike-protected-payloads", seeds: IKEProtectedPayloadsTarget.seeds,
    prepare: {
      let target = try IKEProtectedPayloadsTarget()
      return { target.run(FuzzInput($0)) }
    })
}

/// The contents of Encrypted payloads, and of the exchanges that they make.
///
///     input   │ authenticate first? │ then for each message: exchange │ flags │ step of the message ID │ tenths of a second │
///             │ type of the first payload │ length │ payloads │
private struct IKEProtectedPayloadsTarget {
  private let initiator: FuzzedInitiator

  init() throws { initiator = try FuzzedInitiator() }

  func run(_ input: FuzzInput) {
    var input = input
    var responder = FuzzedResponder()
    guard var session = try? initiator.session(with: &responder, authenticates: input.byte() & 1 == 1) else {
      preconditionFailure("a valid IKE_SA_INIT and IKE_AUTH are answered")
    }
    while !input.isAtEnd {
      let exchange = 35 + input.byte() % 4
      let flags = input.byte()
      let messageID = session.next(step: input.byte())
      responder.wait(.milliseconds(100 * Int(input.byte())))
      let message = try? session.protected(
        exchange: exchange, flags: flags, messageID: messageID, first: input.byte(), Array(input.chunk()))
      _ = responder.receive(message ?? [])
    }
  }

  @Sendable static func seeds() throws -> [[UInt8]] {
    let child = IKEPayloads().adding(33, IKEPayloads.espProposal).adding(40, [UInt8](repeating: 9, count: 32))
      .adding(44, IKEPayloads.anyIPv4).adding(45, IKEPayloads.anyIPv4)
    let rekey = IKEPayloads().adding(41, [3, 4, 0x40, 0x09, 0x11, 0x22, 0x33, 0x44])
      .adding(33, IKEPayloads.espProposal).adding(40, [UInt8](repeating: 9, count: 32))
      .adding(44, IKEPayloads.anyIPv4).adding(45, IKEPayloads.anyIPv4)
    let deletion = IKEPayloads().adding(42, [3, 4, 0, 1, 0x11, 0x22, 0x33, 0x44])
    let shown = IKEPayloads().adding(35, [2, 0, 0, 0] + Array(FuzzedResponder.certifiedIdentity.utf8))
    let certified = try FuzzedAuthority().chains[1].reduce(shown) { $0.adding(37, [4] + $1) }
      .adding(39, [14, 0, 0, 0, 7] + FuzzedAuthority.ed25519 + [UInt8](repeating: 9, count: 64))
      .adding(33, IKEPayloads.espProposal).adding(44, IKEPayloads.anyIPv4).adding(45, IKEPayloads.anyIPv4)
    let all: [(exchange: UInt8, payloads: IKEPayloads)] = [
      (0, child), (0, certified), (1, child), (1, rekey), (2, deletion), (2, IKEPayloads()),
    ]
    return all.map { exchange, payloads in
      FuzzSeed([exchange == 0 ? 0 : 1, exchange, 0x08, 1, 0, payloads.first]).chunk(payloads.bytes).bytes
    }
  }
}
