import FabricCrypto

/// Proposals in the words of `topology.yaml`, so that an operator can compare what the peer offers with the profile.
extension Transform {
  /// Names by transform type and id, also of algorithms that Fabric refuses but peers still offer.
  private static let names: [Kind: [UInt16: String]] = [
    .encryption: [
      3: "3des", 11: "null", 12: "aes", 13: "aesctr", 18: "aesgcm8", 19: "aesgcm12", 20: "aesgcm16", 21: "aesgmac",
      28: "chacha20poly1305",
    ],
    .pseudorandomFunction: [
      1: "prfmd5", 2: "prfsha1", 4: "prfaesxcbc", 5: "prfsha256", 6: "prfsha384", 7: "prfsha512",
      8: "prfaescmac",
    ],
    .integrity: [1: "md5", 2: "sha1", 5: "aesxcbc", 12: "sha256", 13: "sha384", 14: "sha512"],
    .keyExchange: [
      0: "no pfs", 1: "modp768", 2: "modp1024", 5: "modp1536", 14: "modp2048", 15: "modp3072",
      16: "modp4096", 17: "modp6144", 18: "modp8192", 19: "ecp256", 20: "ecp384", 21: "ecp521", 31: "x25519",
      32: "x448", 36: "mlkem768", 37: "mlkem1024",
    ],
    .extendedSequenceNumbers: [0: "no esn", 1: "esn"],
  ]

  /// The algorithm's name, such as `aes256gcm16`, or its numbers where Fabric knows none.
  var name: String {
    if let kind, Kind.additionalKeyExchanges.contains(kind) { return additionalKeyExchangeName }
    guard let kind, let name = Transform.names[kind]?[id] else {
      return "transform \(kind?.rawValue ?? 0)/\(id)"
    }
    guard kind == .encryption, let keyLength, name.hasPrefix("aes") else { return name }
    return "aes\(keyLength)" + name.dropFirst(3)
  }

  private var additionalKeyExchangeName: String {
    id == 0 ? "none" : Transform.names[.keyExchange]?[id] ?? "transform \(kind?.rawValue ?? 0)/\(id)"
  }
}

extension Proposal: CustomStringConvertible {
  /// The names of the transforms, kinds separated by a slash and alternatives by a comma.
  var description: String {
    let kinds: [Transform.Kind] =
      [.encryption, .integrity, .pseudorandomFunction, .keyExchange] + Transform.Kind.additionalKeyExchanges
      + [.extendedSequenceNumbers]
    return kinds.compactMap { kind in
      let names = transforms.filter { $0.kind == kind }.map(\.name)
      return names.isEmpty ? nil : names.joined(separator: ",")
    }.joined(separator: "/")
  }
}

/// Proposals as one line of text.
func describe(_ proposals: [Proposal]) -> String {
  proposals.isEmpty ? "nothing" : proposals.map(\.description).joined(separator: " or ")
}
