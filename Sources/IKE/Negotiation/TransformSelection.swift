import FabricCrypto

/// Choosing one transform of each kind from a peer's proposal (RFC 7296 section 3.3.6).
extension Proposal {
  /// The transforms of a kind that we understand in full.
  func understood(_ kind: Transform.Kind) -> [Transform] {
    transforms.filter { $0.kind == kind && !$0.hasUnknownAttribute }
  }

  /// Whether all transforms are of the kinds given, or of additional key exchanges; a proposal with a kind that we cannot
  /// choose from is not acceptable.
  func hasOnly(_ kinds: Set<Transform.Kind>) -> Bool {
    let known = kinds.union(Transform.Kind.additionalKeyExchanges)
    return transforms.allSatisfy { transform in transform.kind.map(known.contains) ?? false }
  }

  /// The first of our ciphers, in our order, that the peer offers.
  func choose(_ ciphers: [EncryptionAlgorithm]) -> EncryptionAlgorithm? {
    let offered = understood(.encryption).compactMap {
      EncryptionAlgorithm(transformID: $0.id, keyLengthAttribute: $0.keyLength)
    }
    return ciphers.first { offered.contains($0) }
  }

  /// The first of our algorithms, in our order, that the peer offers.
  func choose<Algorithm: RawRepresentable<UInt16>>(_ algorithms: [Algorithm], _ kind: Transform.Kind) -> Algorithm? {
    let offered = understood(kind).map(\.id)
    return algorithms.first { offered.contains($0.rawValue) }
  }

  /// Whether the peer leaves a kind out, or offers NONE (id 0) for it.
  func allowsNone(_ kind: Transform.Kind) -> Bool {
    let all = transforms.filter { $0.kind == kind }
    return all.isEmpty || all.contains { $0.id == 0 }
  }

  /// Whether the peer offers these additional key exchanges, one after the other, and can do without any further one
  /// (RFC 9370 section 2.2.2).
  func offers(additional methods: [KeyExchangeMethod]) -> Bool {
    Transform.Kind.additionalKeyExchanges.enumerated().allSatisfy { index, kind in
      methods.indices.contains(index)
        ? understood(kind).contains { $0.id == methods[index].rawValue } : allowsNone(kind)
    }
  }

  /// The protection that a cipher list and an integrity list agree on with the peer's offer.
  func chooseProtection(_ ciphers: [EncryptionAlgorithm], _ integrity: [IntegrityAlgorithm]) -> ProtectionSuite? {
    guard let cipher = choose(ciphers) else { return nil }
    // RFC 7296 section 3.3: a combined-mode cipher goes with no integrity algorithm, or with NONE.
    if cipher.isAEAD { return allowsNone(.integrity) ? ProtectionSuite(cipher, nil) : nil }
    return choose(integrity, .integrity).flatMap { ProtectionSuite(cipher, $0) }
  }
}

extension Transform {
  init(_ cipher: EncryptionAlgorithm) {
    self.init(.encryption, id: cipher.transformID, keyLength: cipher.keyLengthAttribute)
  }

  init(_ algorithm: IntegrityAlgorithm) { self.init(.integrity, id: algorithm.rawValue) }

  init(_ function: PseudorandomFunction) { self.init(.pseudorandomFunction, id: function.rawValue) }

  init(_ method: KeyExchangeMethod) { self.init(.keyExchange, id: method.rawValue) }

  /// The transforms of additional key exchanges, the first of type ADDKE1 (RFC 9370 section 2.2.2).
  static func additional(_ methods: [KeyExchangeMethod]) -> [Transform] {
    zip(Kind.additionalKeyExchanges, methods).map { Transform($0, id: $1.rawValue) }
  }

  init(extendedSequenceNumbers: Bool) { self.init(.extendedSequenceNumbers, id: extendedSequenceNumbers ? 1 : 0) }
}
