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

  /// A proposal; nil where a list is empty, or integrity algorithms stand with AEADs or are missing without.
  public init?(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    pseudorandomFunctions: [PseudorandomFunction], keyExchangeMethods: [KeyExchangeMethod]
  ) {
    guard isConsistent(encryption, integrity), !pseudorandomFunctions.isEmpty, !keyExchangeMethods.isEmpty else {
      return nil
    }
    self.encryption = encryption
    self.integrity = integrity
    self.pseudorandomFunctions = pseudorandomFunctions
    self.keyExchangeMethods = keyExchangeMethods
  }

  /// The proposals of a profile that lists algorithms in order of preference.
  ///
  /// AEADs and other ciphers may not share a proposal (RFC 7296 section 3.3), so each run of one kind becomes one.
  public static func proposals(
    encryption: [EncryptionAlgorithm], integrity: [IntegrityAlgorithm],
    pseudorandomFunctions: [PseudorandomFunction], keyExchangeMethods: [KeyExchangeMethod]
  ) -> [IKEProposal] {
    runsOfOneKind(encryption).compactMap { run in
      IKEProposal(
        encryption: run, integrity: run[0].isAEAD ? [] : integrity,
        pseudorandomFunctions: pseudorandomFunctions, keyExchangeMethods: keyExchangeMethods)
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

  /// A suite.
  public init(
    protection: ProtectionSuite, pseudorandomFunction: PseudorandomFunction, keyExchange: KeyExchangeMethod
  ) {
    self.protection = protection
    self.pseudorandomFunction = pseudorandomFunction
    self.keyExchange = keyExchange
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
