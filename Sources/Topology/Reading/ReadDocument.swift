extension DocumentReader {
  /// Reads the whole document.
  mutating func document(_ root: YAMLNode) -> Draft? {
    guard let record = record(root, DocumentKey.self) else { return nil }
    var draft = Draft()
    _ = scalar(record[.apiVersion], Format.choice(APIVersion.self))
    _ = scalar(record[.kind], Format.choice(DocumentKind.self))
    let metadata = self.record(record[.metadata], MetadataKey.self)
    draft.name = scalar(metadata?[.name], Format.name)
    _ = scalar(metadata?[.description], Format.text)
    readProfiles(record[.profiles], into: &draft)
    readDefaults(record[.defaults], into: &draft)
    draft.sitesPosition = record[.sites]?.position
    draft.sites = named(record[.sites], "the sites") { reader, name, node in reader.site(name, node) }.map(\.value)
    draft.overlay = overlay(record[.overlay])
    return draft
  }

  private mutating func readProfiles(_ node: YAMLNode?, into draft: inout Draft) {
    guard let record = record(node, ProfilesKey.self) else { return }
    draft.profilesPosition = record.position
    for profile in named(record[.ike], "the IKE profiles", { reader, _, node in reader.ikeProfile(node) }) {
      draft.ikeProfiles[profile.name.value] = profile.value
    }
    for profile in named(record[.ipsec], "the IPsec profiles", { reader, _, node in reader.ipsecProfile(node) }) {
      draft.ipsecProfiles[profile.name.value] = profile.value
    }
  }

  private mutating func readDefaults(_ node: YAMLNode?, into draft: inout Draft) {
    guard let record = record(node, DefaultsKey.self) else { return }
    draft.defaultIKE = scalar(record[.ike], Format.name)
    draft.defaultIPsec = scalar(record[.ipsec], Format.name)
    draft.authentication = scalar(record[.authentication], Format.choice(AuthenticationName.self))?.value ?? .psk
    draft.encapsulation = scalar(record[.encapsulation], Format.choice(Encapsulation.self))?.value ?? .udp
  }
}
