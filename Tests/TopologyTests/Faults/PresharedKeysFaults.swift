/// Faults of pre-shared keys, each the base topology with pieces replaced.
extension Fault {
  static let presharedKeys: [Fault] = [
    Fault(
      "a short post-quantum key",
      replacing: [
        ("prf: [sha384]", "prf: [sha384]\n      ppk: prefer"),
        ("  tunnels:", "  links: [{ between: [hq, berlin], ppk: { identity: id, key: Xk29fjQq } }]\n  tunnels:"),
      ],
      [
        "43:62: this post-quantum key has 8 bytes; at least 32 are needed | leave `ppk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a post-quantum key that no profile uses",
      replacing: [
        (
          "  tunnels:",
          "  links: [{ between: [hq, berlin], ppk: { identity: id, key: 0s\(String(repeating: "QUJD", count: 12)) } }]\n  tunnels:"
        )
      ],
      [
        "42:62: the IKE profile of this link has `ppk: off` | add `ppk: prefer` or `ppk: require` to the profile"
      ]),
    Fault(
      "a short key",
      replacing: [("  tunnels:", "  links: [{ between: [hq, berlin], psk: Xk29fjQq }]\n  tunnels:")],
      [
        "42:41: this pre-shared key has 8 bytes; at least 16 are needed | leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a key of a well-known word",
      replacing: [("  tunnels:", "  links: [{ between: [hq, berlin], psk: MySecretPassword2024 }]\n  tunnels:")],
      [
        "42:41: this pre-shared key is easy to guess: it is made of words, repetitions or sequences | leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a key of repetitions",
      replacing: [("  tunnels:", "  links: [{ between: [hq, berlin], psk: xkqxkqxkqxkqxkqxkqxkq }]\n  tunnels:")],
      [
        "42:41: this pre-shared key is easy to guess: it is made of words, repetitions or sequences | leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a key of a sequence",
      replacing: [("  tunnels:", "  links: [{ between: [hq, berlin], psk: abcdefghijklmnopqrstuvwxyz }]\n  tunnels:")],
      [
        "42:41: this pre-shared key is easy to guess: it is made of words, repetitions or sequences | leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a key of the sites' names",
      replacing: [
        ("  tunnels:", "  links: [{ between: [hq, berlin], psk: acme-berlin-hq-berlin-acme-1 }]\n  tunnels:")
      ],
      [
        "42:41: this pre-shared key is easy to guess: it is made of words, repetitions or sequences | leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "a key of bad hexadecimal",
      replacing: [("  tunnels:", "  links: [{ between: [hq, berlin], psk: 0x12345 }]\n  tunnels:")],
      [
        "42:41: this pre-shared key is neither whole hexadecimal (`0x…`) nor base64 (`0s…`) | correct it, or leave `psk` out: Fabric generates 256 random bits"
      ]),
    Fault(
      "one key for two links",
      replacing: [
        (
          "  tunnels:",
          "  links:\n    - { between: [hq, berlin], psk: v8Qe2LrT6yUw9ZpA3mNc }\n    - { between: [hq, oslo], psk: v8Qe2LrT6yUw9ZpA3mNc }\n  tunnels:"
        )
      ],
      [
        "44:35: this pre-shared key is already used on line 43 | each pair of sites needs a key of its own; leave `psk` out and Fabric generates it"
      ]),
  ]
}
