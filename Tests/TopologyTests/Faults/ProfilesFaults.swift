/// Faults of profiles, each the base topology with pieces replaced.
extension Fault {
  static let profiles: [Fault] = [
    Fault(
      "a default profile that does not exist",
      replacing: [("ike: strong, ipsec", "ike: stong, ipsec")],
      ["19:18: there is no IKE profile `stong` | did you mean `strong`?"]),
    Fault(
      "a site's profile that does not exist",
      replacing: [("    role: hub", "    role: hub\n    ipsec: fast")],
      ["23:12: there is no IPsec profile `fast` | define it under `profiles.ipsec`, or use `strong`"]),
    Fault(
      "DES",
      replacing: [("[aes256gcm16, aes256]", "[des]")],
      ["7:20: the encryption `des` is refused: a 56-bit key is searched in a day | write `aes256gcm16`"]),
    Fault(
      "3DES in Phase 2",
      replacing: [("encryption: [aes256gcm16], mode", "encryption: [3des], mode")],
      [
        "15:36: the encryption `3des` is refused: its 64-bit blocks repeat within one busy day (Sweet32, RFC 8247) | write `aes256gcm16`"
      ]),
    Fault(
      "no encryption",
      replacing: [("encryption: [aes256gcm16], mode", "encryption: ['null'], mode")],
      ["15:36: the encryption `null` is refused: it encrypts nothing | write `aes256gcm16`"]),
    Fault(
      "AES-GMAC",
      replacing: [("encryption: [aes256gcm16], mode", "encryption: [aes256-gmac], mode")],
      [
        "15:36: the encryption `aes256-gmac` is refused: it authenticates, but encrypts nothing (ENCR_NULL_AUTH_AES_GMAC, RFC 4543) | write `aes256gcm16`"
      ]),
    Fault(
      "Kyber",
      replacing: [
        ("lifetime: 86400s", "postQuantum: require\n      additionalKeyExchanges: [kyber768]\n      lifetime: 86400s")
      ],
      [
        "12:32: the additional key exchange `kyber768` is refused: Kyber is the draft that became ML-KEM (FIPS 203), and the two do not talk to each other | write `mlkem768`"
      ]),
    Fault(
      "additional key exchanges that nothing asks for",
      replacing: [("lifetime: 86400s", "additionalKeyExchanges: [mlkem768]\n      lifetime: 86400s")],
      [
        "11:31: `additionalKeyExchanges` is of no use without `postQuantum` | add `postQuantum: prefer` or `postQuantum: require`"
      ]),
    Fault(
      "post-quantum key exchange that only one end has, and demands",
      replacing: [
        ("  ipsec:\n    strong:", "    other:\n      postQuantum: require\n  ipsec:\n    strong:"),
        ("  berlin:", "  berlin:\n    ike: other"),
      ],
      [
        "31:10: Phase 1 (IKE) could never agree: no post-quantum key exchange in common (`other` has mlkem768; `strong` has none) | give both profiles one post-quantum key exchange in common"
      ]),
    Fault(
      "a post-quantum preshared key that only one end has, and demands",
      replacing: [
        ("  ipsec:\n    strong:", "    other:\n      ppk: require\n  ipsec:\n    strong:"),
        ("  berlin:", "  berlin:\n    ike: other"),
      ],
      [
        "31:10: Phase 1 (IKE) could never agree: no `ppk` in common (`other` has require; `strong` has none) | give both profiles one `ppk` in common"
      ]),
    Fault(
      "MD5",
      replacing: [("integrity: [sha256]", "integrity: [md5]")],
      ["8:19: the integrity `md5` is refused: MD5 is broken (RFC 8247) | write `sha256`"]),
    Fault(
      "SHA-1",
      replacing: [("prf: [sha384]", "prf: [sha1]")],
      ["9:13: the PRF `sha1` is refused: SHA-1 collisions are practical (RFC 8247 prefers SHA-2) | write `sha256`"]),
    Fault(
      "group 1",
      replacing: [("modp2048", "modp768")],
      [
        "10:26: the DH group `modp768` is refused: it is too small to resist precomputation (Logjam, RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "group 2",
      replacing: [("modp2048", "2")],
      [
        "10:26: the DH group `2` is refused: it is too small to resist precomputation (Logjam, RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "group 5",
      replacing: [("modp2048", "group5")],
      [
        "10:26: the DH group `group5` is refused: it is too small to resist precomputation (Logjam, RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "group 22",
      replacing: [("modp2048", "22")],
      [
        "10:26: the DH group `22` is refused: its small subgroups and unexplained origin rule it out (RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "group 23",
      replacing: [("modp2048", "23")],
      [
        "10:26: the DH group `23` is refused: its small subgroups and unexplained origin rule it out (RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "group 24",
      replacing: [("modp2048", "24")],
      [
        "10:26: the DH group `24` is refused: its small subgroups and unexplained origin rule it out (RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "a group for PFS that is refused",
      replacing: [("pfs: ecp384", "pfs: group2")],
      [
        "16:12: the DH group `group2` is refused: it is too small to resist precomputation (Logjam, RFC 8247) | write `ecp384`"
      ]),
    Fault(
      "an algorithm that is not known",
      replacing: [("[aes256gcm16, aes256]", "[aes256gmc16]")],
      ["7:20: the encryption `aes256gmc16` is not known | did you mean `aes256gcm16`?"]),
    Fault(
      "an algorithm listed twice",
      replacing: [("[ecp384, modp2048]", "[modp2048, group14]")],
      ["10:28: `modp2048` is listed twice | list each once"]),
    Fault(
      "an empty list",
      replacing: [("prf: [sha384]", "prf: []")],
      ["9:12: this list is empty | leave it out, or write one of sha256, sha384, sha512"]),
    Fault(
      "a lifetime out of bounds",
      replacing: [("lifetime: 86400s", "lifetime: 30d")],
      ["11:17: 30d is out of bounds | write a duration from 1m to 7d"]),
    Fault(
      "a lifetime that is none",
      replacing: [("lifetime: 86400s", "lifetime: forever")],
      ["11:17: `forever` is not a duration | write a number and a unit, such as `86400s`"]),
    Fault(
      "bytes out of bounds",
      replacing: [("64GiB", "1KiB")],
      ["17:39: 1KiB is out of bounds | write from 16MiB to 1048576TiB"]),
    Fault(
      "bytes that are none",
      replacing: [("64GiB", "64 gigs")],
      ["17:39: `64 gigs` is not a number of bytes | write a number and a unit, such as `64GiB`"]),
    Fault(
      "a mode that a VTI cannot use",
      replacing: [("mode: tunnel", "mode: transport")],
      ["15:56: `transport` is not known here | write one of `tunnel`"]),
    Fault(
      "a replay window out of bounds",
      replacing: [("replayWindow: 1024", "replayWindow: 16")],
      ["18:21: `16` is not a number of packets from 64 to 4096"]),
    Fault(
      "an authentication that there is not",
      replacing: [("authentication: psk", "authentication: eap")],
      ["19:57: `eap` is not known here | write one of `psk`, `certificate`"]),
    Fault(
      "Phase 1 that could never agree",
      replacing: [
        ("  ipsec:\n    strong:", "    other:\n      dhGroups: [x25519]\n  ipsec:\n    strong:"),
        ("  berlin:", "  berlin:\n    ike: other"),
      ],
      [
        "31:10: Phase 1 (IKE) could never agree: no DH group in common (`other` has x25519; `strong` has ecp384, modp2048) | give both profiles one DH group in common"
      ]),
    Fault(
      "Phase 2 that could never agree",
      replacing: [
        ("    strong:\n      transformSet", "    other:\n      pfs: none\n    strong:\n      transformSet"),
        ("  berlin:", "  berlin:\n    ipsec: other"),
      ],
      [
        "31:12: Phase 2 (IPsec) could never agree: no PFS group in common (`other` has none; `strong` has ecp384) | give both profiles one PFS group in common"
      ]),
    Fault(
      "integrity that could never agree",
      replacing: [
        (
          "  ipsec:\n    strong:",
          "    other:\n      encryption: [aes256]\n      integrity: [sha512]\n      prf: [sha384]\n  ipsec:\n    strong:"
        ), ("[aes256gcm16, aes256]", "[aes256]"), ("  berlin:", "  berlin:\n    ike: other"),
      ],
      [
        "33:10: Phase 1 (IKE) could never agree: no integrity in common (`other` has sha512; `strong` has sha256) | give both profiles one integrity in common"
      ]),
    Fault(
      "several profiles and no default",
      replacing: [("  ipsec:\n    strong:", "    other: {}\n  ipsec:\n    strong:"), ("ike: strong, ipsec", "ipsec")],
      ["5:3: there are several IKE profiles, but no default | add `defaults: { ike: NAME }`"]),
  ]
}
