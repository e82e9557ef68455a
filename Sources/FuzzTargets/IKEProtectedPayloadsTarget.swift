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
    guard let response = responder.receive(initiator.request).first,
      var session = try? initiator.session(response)
    else { preconditionFailure("a valid IKE_SA_INIT is answered") }
    var messageID: UInt32 = 0
    if input.byte() & 1 == 1 {
      messageID = 1
      let payloads = session.authentication
      let message = try? session.protected(
        exchange: 35, flags: 0x08, messageID: messageID, first: payloads.first, payloads.bytes)
      precondition(!responder.receive(message ?? []).isEmpty, "a valid IKE_AUTH is answered")
    }
    while !input.isAtEnd {
      let exchange = 35 + input.byte() % 4
      let flags = input.byte()
      messageID &+= UInt32(bitPattern: Int32(Int8(bitPattern: input.byte())))
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
    let all: [(exchange: UInt8, payloads: IKEPayloads)] = [
      (0, child), (1, child), (1, rekey), (2, deletion), (2, IKEPayloads()),
    ]
    return all.map { exchange, payloads in
      FuzzSeed([exchange == 0 ? 0 : 1, exchange, 0x08, 1, 0, payloads.first]).chunk(payloads.bytes).bytes
    }
  }
}
