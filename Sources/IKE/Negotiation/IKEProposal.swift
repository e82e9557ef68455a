import FabricCrypto

/// One proposal for an IKE SA: alternatives for each transform type, best first (RFC 7296 section 3.3).
public struct IKEProposal: Hashable, Sendable, Codable {
  /// Ciphers, all of them AEADs or none.
  public let encryption: [EncryptionAlgorithm]
  /// Integrity algorithms; empty with AEADs.
  public let integrity: [IntegrityAlgorithm]
  /// Pseudorandom functions.
  public let pseudorandomFunctions: [PseudorandomFunction]
  /// Key exchange methods.
  public let keyExchangeMethods: [KeyExchangeMethod]
  /// Methods of the key exchanges that follow the first one, each of which takes place (RFC 9370).
  public let additionalKeyExchanges: [KeyExchangeMethod]

  /// A proposal; nil where a list is empty, integrity algorithms stand with AEADs or are missing without, or additional
  /// key exchanges are too many or of one method.
  public init?(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    pseudorandomFunctions: [PseudorandomFunction], keyExchangeMethods: [KeyExchangeMethod],
    additionalKeyExchanges: [KeyExchangeMethod] = []
  ) {
    guard isConsistent(encryption, integrity), !pseudorandomFunctions.isEmpty, !keyExchangeMethods.isEmpty,
      AdditionalKeyExchanges.areConsistent(additionalKeyExchanges, behind: keyExchangeMethods)
    else { return nil }
    self.encryption = encryption
    self.integrity = integrity
    self.pseudorandomFunctions = pseudorandomFunctions
    self.keyExchangeMethods = keyExchangeMethods
    self.additionalKeyExchanges = additionalKeyExchanges
  }

  /// The proposals of a profile that lists algorithms in order of preference.
  ///
  /// AEADs and other ciphers may not share a proposal (RFC 7296 section 3.3), so each run of one kind becomes one.
  public static func proposals(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    pseudorandomFunctions: [PseudorandomFunction], keyExchangeMethods: [KeyExchangeMethod],
    additional: AdditionalKeyExchanges = .none
  ) -> [IKEProposal] {
    additional.alternatives.flatMap { methods in
      runsOfOneKind(encryption).compactMap { run in
        IKEProposal(
          encryption: run, integrity: run[0].isAEAD ? [] : integrity, pseudorandomFunctions: pseudorandomFunctions,
          keyExchangeMethods: keyExchangeMethods, additionalKeyExchanges: methods)
      }
    }
  }
}

/// The algorithms of an IKE SA: one of each kind.
public struct IKESuite: Hashable, Sendable, Codable {
  /// How messages are protected.
  public let protection: ProtectionSuite
  /// What keys are derived with.
  public let pseudorandomFunction: PseudorandomFunction
  /// How the shared secret is agreed.
  public let keyExchange: KeyExchangeMethod
  /// The key exchanges that follow the first one, each mixed into the keys (RFC 9370).
  public let additionalKeyExchanges: [KeyExchangeMethod]

  /// A suite.
  public init(
    protection: ProtectionSuite, pseudorandomFunction: PseudorandomFunction, keyExchange: KeyExchangeMethod,
    additionalKeyExchanges: [KeyExchangeMethod] = []
  ) {
    self.protection = protection
    self.pseudorandomFunction = pseudorandomFunction
    self.keyExchange = keyExchange
    self.additionalKeyExchanges = additionalKeyExchanges
  }
}

/// Whether ciphers and integrity algorithms may stand in one proposal: AEADs alone, others with integrity.
func isConsistent(_ encryption: [EncryptionAlgorithm], _ integrity: [IntegrityAlgorithm]) -> Bool {
  guard let first = encryption.first, encryption.allSatisfy({ $0.isAEAD == first.isAEAD }) else { return false }
  return first.isAEAD == integrity.isEmpty
}

/// Splits a list of ciphers where AEADs and others meet.
func runsOfOneKind(_ encryption: [EncryptionAlgorithm]) -> [[EncryptionAlgorithm]] {
  encryption.reduce(into: []) { runs, cipher in
    if let last = runs.last?.last, last.isAEAD == cipher.isAEAD {
      runs[runs.count - 1].append(cipher)
    } else {
      runs.append([cipher])
    }
  }
}
