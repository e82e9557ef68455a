extension FuzzTarget {
  /// What comes in on port 500 from anybody: headers, payload chains, and IKE_SA_INIT as far as the engine takes it.
  ///
  ///     input   │ tenths of a second │ length │ message │ …
  static let ikeDatagrams = FuzzTarget(
    name: "ike-datagrams",
    seeds: {
      let messages = try [FuzzedInitiator().request] + SeedCaptures.ikeMessages()
      return messages.map { FuzzSeed([0]).chunk($0).bytes }
    },
    prepare: {
      return { bytes in
        var input = FuzzInput(bytes)
        var responder = FuzzedResponder()
        while !input.isAtEnd {
          responder.wait(.milliseconds(100 * Int(input.byte())))
          _ = responder.receive(Array(input.chunk()))
        }
      }
    })
}
