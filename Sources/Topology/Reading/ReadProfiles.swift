extension IKEProfile {
  /// Phase 1 where the file says nothing: 256-bit AES, SHA-2 and groups of 128 bits of strength and more.
  static let standard = IKEProfile(
    encryption: ["aes256gcm16", "aes256"], integrity: ["sha256"], prf: ["sha384", "sha256"],
    dhGroups: ["ecp384", "x25519", "modp3072"], lifetimeSeconds: 86_400, dpdSeconds: 10)
}

extension IPsecProfile {
  /// Phase 2 where the file says nothing.
  static let standard = IPsecProfile(
    encryption: ["aes256gcm16"], integrity: ["sha256"], extendedSequenceNumbers: true, pfs: ["ecp384"],
    lifetimeSeconds: 3600, lifetimeBytes: 64 << 30, replayWindow: 1024)
}

extension DocumentReader {
  /// A Phase 1 profile; what it leaves out is as in `IKEProfile.standard`.
  mutating func ikeProfile(_ node: YAMLNode) -> IKEProfile? {
    guard let record = record(node, IKEProfileKey.self) else { return nil }
    var profile = IKEProfile.standard
    algorithms(record[.encryption], .encryption, into: &profile.encryption)
    algorithms(record[.integrity], .integrity, into: &profile.integrity)
    algorithms(record[.prf], .prf, into: &profile.prf)
    algorithms(record[.dhGroups], .dhGroups, into: &profile.dhGroups)
    profile.postQuantum = postQuantum(record)
    profile.postQuantumKey =
      switch scalar(record[.ppk], Format.choice(PostQuantumMode.self))?.value {
      case .prefer: .prefer
      case .require: .require
      case .off, nil: nil
      }
    if let lifetime = scalar(record[.lifetime], Format.ikeLifetime) { profile.lifetimeSeconds = lifetime.value.seconds }
    let dpd = self.record(record[.dpd], DPDKey.self)
    if let interval = scalar(dpd?[.interval], Format.dpdInterval) {
      profile.dpdSeconds = Double(interval.value.count) / 1000
    }
    return profile
  }

  /// A Phase 2 profile; what it leaves out is as in `IPsecProfile.standard`.
  mutating func ipsecProfile(_ node: YAMLNode) -> IPsecProfile? {
    guard let record = record(node, IPsecProfileKey.self) else { return nil }
    var profile = IPsecProfile.standard
    if let transformSet = self.record(record[.transformSet], TransformSetKey.self) {
      algorithms(transformSet[.encryption], .encryption, into: &profile.encryption)
      algorithms(transformSet[.integrity], .integrity, into: &profile.integrity)
      _ = scalar(transformSet[.mode], Format.choice(ESPMode.self))
      if let esn = scalar(transformSet[.esn], Format.boolean) { profile.extendedSequenceNumbers = esn.value }
    }
    readPFS(record[.pfs], into: &profile)
    readLifetime(record[.lifetime], into: &profile)
    if let window = scalar(record[.replayWindow], Format.replayWindow) { profile.replayWindow = window.value }
    return profile
  }

  private mutating func postQuantum(_ record: Record<IKEProfileKey>) -> PostQuantumProfile? {
    var methods = ["mlkem768"]
    algorithms(record[.additionalKeyExchanges], .additionalKeyExchanges, into: &methods)
    switch scalar(record[.postQuantum], Format.choice(PostQuantumMode.self))?.value {
    case .prefer: return PostQuantumProfile(additionalKeyExchanges: methods, isRequired: false)
    case .require: return PostQuantumProfile(additionalKeyExchanges: methods, isRequired: true)
    case .off, nil:
      if let node = record[.additionalKeyExchanges], record[.postQuantum] == nil {
        report(
          node.position, "`additionalKeyExchanges` is of no use without `postQuantum`",
          "add `postQuantum: prefer` or `postQuantum: require`")
      }
      return nil
    }
  }

  private mutating func algorithms(
    _ node: YAMLNode?, _ vocabulary: AlgorithmVocabulary, into names: inout [String]
  ) {
    guard let values = scalars(node, vocabulary.format), !values.isEmpty else { return }
    names = values.map(\.value)
  }

  private mutating func readPFS(_ node: YAMLNode?, into profile: inout IPsecProfile) {
    if case .scalar(let text, _) = node?.content, case .success = Format.pfsOff.read(text) {
      profile.pfs = []
    } else {
      algorithms(node, .dhGroups, into: &profile.pfs)
    }
  }

  private mutating func readLifetime(_ node: YAMLNode?, into profile: inout IPsecProfile) {
    guard let node else { return }
    profile.lifetimeBytes = nil
    guard case .mapping = node.content else {
      if let time = scalar(node, Format.ipsecLifetime) { profile.lifetimeSeconds = time.value.seconds }
      return
    }
    guard let record = record(node, LifetimeKey.self) else { return }
    if let time = scalar(record[.time], Format.ipsecLifetime) { profile.lifetimeSeconds = time.value.seconds }
    profile.lifetimeBytes = scalar(record[.bytes], Format.byteCount)?.value
  }
}
