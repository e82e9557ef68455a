extension Validator {
  /// Fewest bytes of a post-quantum preshared key: RFC 8784 section 6 asks for 256 bits, of which a quantum computer leaves
  /// half.
  private static let minimumLength = 32

  /// Post-quantum preshared keys that the file supplies are long enough.
  mutating func checkPostQuantumKeys(_ links: [LinkDraft]) {
    for ppk in links.compactMap(\.postQuantumKey) {
      guard let key = PresharedKeyText.decode(ppk.value.key) else {
        report(
          ppk.position, "this post-quantum key is neither whole hexadecimal (`0x…`) nor base64 (`0s…`)",
          "correct it, or leave `ppk` out: Fabric generates 256 random bits")
        continue
      }
      if key.bytes.count < Self.minimumLength {
        report(
          ppk.position,
          "this post-quantum key has \(key.bytes.count) bytes; at least \(Self.minimumLength) are needed",
          "leave `ppk` out: Fabric generates 256 random bits")
      }
      if ppk.value.identity.utf8.count > 64 {
        report(ppk.position, "the identity of this post-quantum key is too long", "use at most 64 characters")
      }
    }
  }

  /// The key that the file gives a link; one that its profile does not use is reported.
  mutating func postQuantumKey(_ setting: LinkDraft?, _ ike: IKEProfile) -> PostQuantumKey? {
    guard let ppk = setting?.postQuantumKey else { return nil }
    guard ike.postQuantumKey != nil else {
      report(
        ppk.position, "the IKE profile of this link has `ppk: off`",
        "add `ppk: prefer` or `ppk: require` to the profile")
      return nil
    }
    return PresharedKeyText.decode(ppk.value.key).map { PostQuantumKey(identity: ppk.value.identity, key: $0) }
  }
}
