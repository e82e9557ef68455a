import FabricCrypto

/// One proposal for a Child SA: alternatives for each transform type, best first (RFC 7296 section 3.3).
public struct ESPProposal: Hashable, Sendable, Codable {
  /// Ciphers, all of them AEADs or none.
  public let encryption: [EncryptionAlgorithm]
  /// Integrity algorithms; empty with AEADs.
  public let integrity: [IntegrityAlgorithm]
  /// Key exchange methods for perfect forward secrecy; empty for none.
  public let keyExchangeMethods: [KeyExchangeMethod]
  /// Methods of the key exchanges that follow the first one, each of which takes place (RFC 9370).
  public let additionalKeyExchanges: [KeyExchangeMethod]
  /// Whether 64-bit sequence numbers are wanted (Transform Type 5); 32-bit ones are accepted from a peer without.
  public let extendedSequenceNumbers: Bool

  /// A proposal; nil where no cipher is given, or integrity algorithms stand with AEADs or are missing without, or
  /// additional key exchanges have no first one, are too many or of one method.
  public init?(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    keyExchangeMethods: [KeyExchangeMethod], additionalKeyExchanges: [KeyExchangeMethod] = [],
    extendedSequenceNumbers: Bool
  ) {
    guard isConsistent(encryption, integrity),
      AdditionalKeyExchanges.areConsistent(additionalKeyExchanges, behind: keyExchangeMethods)
    else { return nil }
    self.encryption = encryption
    self.integrity = integrity
    self.keyExchangeMethods = keyExchangeMethods
    self.additionalKeyExchanges = additionalKeyExchanges
    self.extendedSequenceNumbers = extendedSequenceNumbers
  }

  /// The proposals of a profile that lists algorithms in order of preference.
  ///
  /// AEADs and other ciphers may not share a proposal (RFC 7296 section 3.3), so each run of one kind becomes one.
  public static func proposals(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    keyExchangeMethods: [KeyExchangeMethod], additional: AdditionalKeyExchanges = .none,
    extendedSequenceNumbers: Bool
  ) -> [ESPProposal] {
    additional.alternatives.flatMap { methods in
      runsOfOneKind(encryption).compactMap { run in
        ESPProposal(
          encryption: run, integrity: run[0].isAEAD ? [] : integrity, keyExchangeMethods: keyExchangeMethods,
          additionalKeyExchanges: methods, extendedSequenceNumbers: extendedSequenceNumbers)
      }
    }
  }
}

/// The algorithms of a Child SA: one of each kind.
public struct ESPSuite: Hashable, Sendable, Codable {
  /// How packets are protected.
  public let protection: ProtectionSuite
  /// The key exchange of the CREATE_CHILD_SA; nil for none.
  public let keyExchange: KeyExchangeMethod?
  /// The key exchanges that followed it (RFC 9370).
  public let additionalKeyExchanges: [KeyExchangeMethod]
  /// Whether sequence numbers have 64 bits.
  public let usesExtendedSequenceNumbers: Bool

  /// A suite.
  public init(
    protection: ProtectionSuite, keyExchange: KeyExchangeMethod?, additionalKeyExchanges: [KeyExchangeMethod] = [],
    usesExtendedSequenceNumbers: Bool
  ) {
    self.protection = protection
    self.keyExchange = keyExchange
    self.additionalKeyExchanges = additionalKeyExchanges
    self.usesExtendedSequenceNumbers = usesExtendedSequenceNumbers
  }
}
