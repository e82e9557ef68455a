import WireFormat

extension FuzzTarget {
  /// What another process of the gateway may send, should it have been taken over: the CBOR of a message.
  ///
  ///     input   │ message
  static let cbor = FuzzTarget(
    name: "cbor",
    seeds: {
      try [FuzzedMessage.bytes([1, 2, 3]), .nested([.text("b"), .numbers(-1, 2), .text(nil)])].map {
        try CBOREncoder().encode($0)
      }
    },
    prepare: {
      return { bytes in
        guard let message = try? CBORDecoder().decode(FuzzedMessage.self, from: Array(bytes)) else { return }
        let again = try? CBORDecoder().decode(FuzzedMessage.self, from: CBOREncoder().encode(message))
        precondition(again == message, "what can be read is written so that it reads as the same")
      }
    })
}

/// A message with fields of many kinds.
private indirect enum FuzzedMessage: Codable, Equatable {
  case bytes([UInt8])
  case text(String?)
  case numbers(Int64, UInt16)
  case nested([FuzzedMessage])
}
