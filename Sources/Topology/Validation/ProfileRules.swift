/// Why two profiles cannot agree: what has nothing in common.
struct Disagreement: Error, Equatable {
  /// `encryption`, `DH group`, ….
  let what: String
  let first: [String]
  let second: [String]
}

/// A profile of which two ends must find something in common.
protocol Agreeing {
  /// What an engineer calls it.
  static var phase: String { get }
  /// What both ends accept, in this end's order of preference.
  func agreement(with other: Self) -> Result<Self, Disagreement>
}

/// The entries of `first` that `second` has too.
private func common(_ what: String, _ first: [String], _ second: [String]) throws(Disagreement) -> [String] {
  let common = first.filter(second.contains)
  guard !common.isEmpty else { throw Disagreement(what: what, first: first, second: second) }
  return common
}

/// Ciphers and integrity in common; an AEAD needs no integrity.
private func suites(
  _ first: (encryption: [String], integrity: [String]), _ second: (encryption: [String], integrity: [String])
) throws(Disagreement) -> (encryption: [String], integrity: [String]) {
  let encryption = try common("encryption", first.encryption, second.encryption)
  let integrity = first.integrity.filter(second.integrity.contains)
  guard integrity.isEmpty else { return (encryption, integrity) }
  let combined = encryption.filter(AlgorithmVocabulary.combinedCiphers.contains)
  guard !combined.isEmpty else {
    throw Disagreement(what: "integrity", first: first.integrity, second: second.integrity)
  }
  return (combined, [])
}

extension IKEProfile: Agreeing {
  static let phase = "Phase 1 (IKE)"

  func agreement(with other: IKEProfile) -> Result<IKEProfile, Disagreement> {
    Result { () throws(Disagreement) in
      let suites = try suites((encryption, integrity), (other.encryption, other.integrity))
      return IKEProfile(
        encryption: suites.encryption, integrity: suites.integrity, prf: try common("PRF", prf, other.prf),
        dhGroups: try common("DH group", dhGroups, other.dhGroups),
        postQuantum: try PostQuantumProfile.agreement(postQuantum, other.postQuantum),
        postQuantumKey: try PostQuantumKeyUse.agreement(postQuantumKey, other.postQuantumKey),
        lifetimeSeconds: min(lifetimeSeconds, other.lifetimeSeconds), dpdSeconds: min(dpdSeconds, other.dpdSeconds))
    }
  }
}

extension PostQuantumProfile {
  /// The rounds that both ends have; none where an end that does not require them would stand alone with them.
  fileprivate static func agreement(
    _ first: PostQuantumProfile?, _ second: PostQuantumProfile?
  ) throws(Disagreement) -> PostQuantumProfile? {
    let methods = [first, second].map { $0?.additionalKeyExchanges ?? [] }
    let common = methods[0].filter(methods[1].contains)
    let isRequired = [first, second].contains { $0?.isRequired == true }
    if common.isEmpty, isRequired {
      throw Disagreement(what: "post-quantum key exchange", first: methods[0], second: methods[1])
    }
    return common.isEmpty ? nil : PostQuantumProfile(additionalKeyExchanges: common, isRequired: isRequired)
  }
}

extension PostQuantumKeyUse {
  /// What becomes of the key between two ends; none where only one has it and can do without.
  fileprivate static func agreement(
    _ first: PostQuantumKeyUse?, _ second: PostQuantumKeyUse?
  ) throws(Disagreement) -> PostQuantumKeyUse? {
    guard let first, let second else {
      guard first != .require, second != .require else {
        throw Disagreement(
          what: "`ppk`", first: first.map { [$0.rawValue] } ?? [], second: second.map { [$0.rawValue] } ?? [])
      }
      return nil
    }
    return [first, second].contains(.require) ? .require : .prefer
  }
}

extension IPsecProfile: Agreeing {
  static let phase = "Phase 2 (IPsec)"

  func agreement(with other: IPsecProfile) -> Result<IPsecProfile, Disagreement> {
    Result { () throws(Disagreement) in
      let suites = try suites((encryption, integrity), (other.encryption, other.integrity))
      return IPsecProfile(
        encryption: suites.encryption, integrity: suites.integrity,
        extendedSequenceNumbers: extendedSequenceNumbers && other.extendedSequenceNumbers,
        pfs: pfs.isEmpty && other.pfs.isEmpty ? [] : try common("PFS group", pfs, other.pfs),
        lifetimeSeconds: min(lifetimeSeconds, other.lifetimeSeconds),
        lifetimeBytes: [lifetimeBytes, other.lifetimeBytes].compactMap(\.self).min(),
        replayWindow: max(replayWindow, other.replayWindow))
    }
  }
}

extension Draft {
  /// The Phase 1 profile of that name, or the default; nil if there is none.
  func ikeProfile(named name: Located<String>?) -> (name: String, profile: IKEProfile)? {
    profile(named: name ?? defaultIKE, in: ikeProfiles, standard: .standard)
  }

  /// The Phase 2 profile of that name, or the default; nil if there is none.
  func ipsecProfile(named name: Located<String>?) -> (name: String, profile: IPsecProfile)? {
    profile(named: name ?? defaultIPsec, in: ipsecProfiles, standard: .standard)
  }

  /// Without a name it is the only profile that there is, or the built-in one.
  private func profile<Profile>(
    named name: Located<String>?, in profiles: [String: Profile], standard: Profile
  ) -> (name: String, profile: Profile)? {
    if let name { return profiles[name.value].map { (name.value, $0) } }
    if profiles.count > 1 { return nil }
    return profiles.first.map { ($0.key, $0.value) } ?? ("(default)", standard)
  }
}

extension Validator {
  /// Every profile that is named exists, and the default is clear.
  mutating func checkProfileNames(_ overlay: OverlayDraft) {
    let ike = [draft.defaultIKE] + draft.sites.map(\.ike) + overlay.links.map(\.ike)
    let ipsec = [draft.defaultIPsec] + draft.sites.map(\.ipsec) + overlay.links.map(\.ipsec)
    checkNames(ike, of: "IKE", among: draft.ikeProfiles.keys.sorted(), section: "ike")
    checkNames(ipsec, of: "IPsec", among: draft.ipsecProfiles.keys.sorted(), section: "ipsec")
    guard let position = draft.profilesPosition else { return }
    if draft.defaultIKE == nil, draft.ikeProfiles.count > 1 {
      report(position, "there are several IKE profiles, but no default", "add `defaults: { ike: NAME }`")
    }
    if draft.defaultIPsec == nil, draft.ipsecProfiles.count > 1 {
      report(position, "there are several IPsec profiles, but no default", "add `defaults: { ipsec: NAME }`")
    }
  }

  private mutating func checkNames(
    _ names: [Located<String>?], of kind: String, among known: [String], section: String
  ) {
    for name in names.compactMap(\.self) where !known.contains(name.value) {
      let near = NearestName.of(name.value, among: known).map { "did you mean `\($0)`?" }
      report(
        name.position, "there is no \(kind) profile `\(name.value)`",
        near ?? "define it under `profiles.\(section)`"
          + (known.isEmpty ? "" : ", or use \(known.map { "`\($0)`" }.joined(separator: ", "))"))
    }
  }
}
