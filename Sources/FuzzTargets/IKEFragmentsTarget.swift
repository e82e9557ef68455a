extension FuzzTarget {
  /// Pieces of messages of a peer that knows the keys (RFC 7383), in any order and number, before and after it has proved
  /// who it is.
  static let ikeFragments = FuzzTarget(
    name: "ike-fragments", seeds: IKEFragmentsTarget.seeds,
    prepare: {
      let target = try IKEFragmentsTarget()
      return { target.run(FuzzInput($0)) }
    })
}

/// The contents of SKF payloads.
///
///     input   │ authenticate first? │ then for each fragment: exchange │ flags │ step of the message ID │
///             │ tenths of a second │ number │ total │ type of the first payload │ length │ piece │
private struct IKEFragmentsTarget {
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
      let position = (number: input.uint16(), total: input.uint16())
      let message = try? session.protected(
        exchange: exchange, flags: flags, messageID: messageID, first: input.byte(), Array(input.chunk()),
        fragment: position)
      _ = responder.receive(message ?? [])
    }
  }

  @Sendable static func seeds() throws -> [[UInt8]] {
    let child = IKEPayloads().adding(33, IKEPayloads.espProposal).adding(40, [UInt8](repeating: 9, count: 32))
      .adding(44, IKEPayloads.anyIPv4).adding(45, IKEPayloads.anyIPv4)
    let shown = IKEPayloads().adding(35, [2, 0, 0, 0] + Array(FuzzedResponder.certifiedIdentity.utf8))
    let certified = try FuzzedAuthority().chains[1].reduce(shown) { $0.adding(37, [4] + $1) }
    return [
      seed(0, exchange: 0, certified, pieceLength: 300), seed(1, exchange: 1, child, pieceLength: 40),
      seed(1, exchange: 1, child, pieceLength: 40, isReversed: true),
      seed(1, exchange: 2, IKEPayloads(), pieceLength: 1),
    ]
  }

  /// A message in pieces; the first one has the type of the message's first payload.
  private static func seed(
    _ authenticates: UInt8, exchange: UInt8, _ payloads: IKEPayloads, pieceLength: Int, isReversed: Bool = false
  ) -> [UInt8] {
    let bytes = payloads.bytes.isEmpty ? [0] : payloads.bytes
    let starts = Array(stride(from: 0, to: bytes.count, by: pieceLength))
    let order = Array(starts.indices)
    return (isReversed ? order.reversed() : order).enumerated().reduce(FuzzSeed([authenticates])) { seed, entry in
      let (place, index) = entry
      let piece = Array(bytes[starts[index]...].prefix(pieceLength))
      return seed.adding([exchange, 0x08, place == 0 ? 1 : 0, 0]).adding(bigEndian16(index + 1))
        .adding(bigEndian16(starts.count)).adding([index == 0 ? payloads.first : 0]).chunk(piece)
    }.bytes
  }
}
