/// The algorithms of Phase 1 and 2 as engineers write them, and why some are refused.
struct AlgorithmVocabulary: Sendable {
  /// What the algorithms are: `encryption`.
  let kind: String
  /// The names of the file, in order of preference.
  let names: [String]
  /// What else people write, without case and punctuation.
  let synonyms: [String: String]
  /// Broken or weak ones, by the same spelling, and the reason.
  let refused: [String: String]
  /// What to write instead of a refused one.
  let recommended: String

  /// The format of one entry.
  var format: ScalarFormat<String> {
    ScalarFormat("one of \(names.joined(separator: ", "))", .choice(names, open: true), reading: { self.read($0) })
  }

  private func read(_ text: String) -> Result<String, Misfit> {
    let key = text.lowercased().filter { $0.isLetter || $0.isNumber }
    if let name = names.contains(key) ? key : synonyms[key] { return .success(name) }
    if let reason = refused[key] {
      return .failure(Misfit("the \(kind) `\(text)` is refused: \(reason)", "write `\(recommended)`"))
    }
    let near = NearestName.of(text, among: names).map { "did you mean `\($0)`?" }
    let known = names.map { "`\($0)`" }.joined(separator: ", ")
    return .failure(Misfit("the \(kind) `\(text)` is not known", near ?? "write one of \(known)"))
  }
}

extension AlgorithmVocabulary {
  private static let noEncryption = "it authenticates, but encrypts nothing (ENCR_NULL_AUTH_AES_GMAC, RFC 4543)"
  private static let shortBlock = "its 64-bit blocks repeat within one busy day (Sweet32, RFC 8247)"
  private static let smallGroup = "it is too small to resist precomputation (Logjam, RFC 8247)"
  private static let smallSubgroup = "its small subgroups and unexplained origin rule it out (RFC 8247)"
  private static let brokenMD5 = "MD5 is broken (RFC 8247)"
  private static let weakSHA1 = "SHA-1 collisions are practical (RFC 8247 prefers SHA-2)"

  /// Ciphers, for Phase 1 and 2.
  static let encryption = AlgorithmVocabulary(
    kind: "encryption", names: ["aes256gcm16", "aes128gcm16", "chacha20poly1305", "aes256", "aes128"],
    synonyms: [
      "aes256gcm": "aes256gcm16", "aesgcm256": "aes256gcm16", "aesgcm16256": "aes256gcm16",
      "aes256gcm128": "aes256gcm16",
      "gcm256": "aes256gcm16", "aes128gcm": "aes128gcm16", "aesgcm128": "aes128gcm16", "aesgcm16128": "aes128gcm16",
      "aes128gcm128": "aes128gcm16", "gcm128": "aes128gcm16", "aes256cbc": "aes256", "aescbc256": "aes256",
      "cbcaes256": "aes256", "espaes256": "aes256", "aes128cbc": "aes128", "aescbc128": "aes128", "cbcaes128": "aes128",
      "espaes128": "aes128", "chacha20": "chacha20poly1305", "chachapoly": "chacha20poly1305",
      "chacha20poly": "chacha20poly1305",
    ],
    refused: [
      "des": "a 56-bit key is searched in a day", "descbc": "a 56-bit key is searched in a day",
      "3des": shortBlock, "3descbc": shortBlock, "tripledes": shortBlock, "des3": shortBlock, "blowfish": shortBlock,
      "cast": shortBlock, "cast128": shortBlock, "idea": shortBlock, "rc5": shortBlock,
      "aes128gmac": noEncryption, "aes192gmac": noEncryption, "aes256gmac": noEncryption, "aesgmac": noEncryption,
      "gmac": noEncryption, "nullaesgmac": noEncryption,
      "rc4": "its key stream is biased (RFC 7465)", "null": "it encrypts nothing", "none": "it encrypts nothing",
    ], recommended: "aes256gcm16")

  /// The ciphers that authenticate too, so that no integrity goes with them.
  static let combinedCiphers: Set = ["aes256gcm16", "aes128gcm16", "chacha20poly1305"]

  /// Integrity algorithms for the ciphers that are no AEAD.
  static let integrity = AlgorithmVocabulary(
    kind: "integrity", names: ["sha256", "sha384", "sha512"],
    synonyms: hashSynonyms(truncated: [256: 128, 384: 192, 512: 256]), refused: weakHashes, recommended: "sha256")

  /// Pseudorandom functions of Phase 1.
  static let prf = AlgorithmVocabulary(
    kind: "PRF", names: ["sha256", "sha384", "sha512"], synonyms: hashSynonyms(truncated: [:]), refused: weakHashes,
    recommended: "sha256")

  /// Key exchange methods, by name or by group number.
  static let dhGroups = AlgorithmVocabulary(
    kind: "DH group",
    names: [
      "ecp384", "x25519", "ecp256", "ecp521", "x448", "modp3072", "modp4096", "modp6144", "modp8192", "modp2048",
    ],
    synonyms: groupSynonyms,
    refused: table(of: [
      ("1", "modp768", smallGroup), ("2", "modp1024", smallGroup), ("5", "modp1536", smallGroup),
      ("22", "modp1024s160", smallSubgroup), ("23", "modp2048s224", smallSubgroup),
      ("24", "modp2048s256", smallSubgroup),
    ]), recommended: "ecp384")

  /// The key exchanges that may follow a Diffie-Hellman exchange (RFC 9370).
  static let additionalKeyExchanges = AlgorithmVocabulary(
    kind: "additional key exchange", names: ["mlkem768", "mlkem1024"],
    synonyms: ["36": "mlkem768", "37": "mlkem1024", "ke1mlkem768": "mlkem768", "ke1mlkem1024": "mlkem1024"],
    refused: [
      "mlkem512": "it is the weakest of its kind, and saves nothing that a tunnel would notice",
      "kyber512": draftKyber, "kyber768": draftKyber, "kyber1024": draftKyber,
      "ntruprime": "it is not in the IKEv2 registry",
    ], recommended: "mlkem768")

  private static let draftKyber =
    "Kyber is the draft that became ML-KEM (FIPS 203), and the two do not talk to each other"

  private static let weakHashes = [
    "md5": brokenMD5, "hmacmd5": brokenMD5, "md596": brokenMD5, "hmacmd596": brokenMD5, "prfmd5": brokenMD5,
    "sha": weakSHA1, "sha1": weakSHA1, "hmacsha": weakSHA1, "hmacsha1": weakSHA1, "sha196": weakSHA1,
    "hmacsha196": weakSHA1, "prfsha1": weakSHA1,
  ]

  private static func hashSynonyms(truncated: [Int: Int]) -> [String: String] {
    var synonyms: [String: String] = [:]
    for bits in [256, 384, 512] {
      for stem in ["sha2", "hmacsha", "hmacsha2", "prfsha", "prfsha2", "prfhmacsha2", "authhmacsha2"] {
        synonyms["\(stem)\(bits)"] = "sha\(bits)"
        if let length = truncated[bits] { synonyms["\(stem)\(bits)\(length)"] = "sha\(bits)" }
      }
    }
    return synonyms
  }

  private static let groupSynonyms: [String: String] = {
    let groups = table(of: [
      ("14", "modp2048", "modp2048"), ("15", "modp3072", "modp3072"), ("16", "modp4096", "modp4096"),
      ("17", "modp6144", "modp6144"), ("18", "modp8192", "modp8192"),
      ("19", "ecp256", "ecp256"), ("20", "ecp384", "ecp384"), ("21", "ecp521", "ecp521"),
      ("31", "curve25519", "x25519"), ("32", "curve448", "x448"),
    ])
    let curves = [
      "p256": "ecp256", "nistp256": "ecp256", "secp256r1": "ecp256", "p384": "ecp384", "nistp384": "ecp384",
      "secp384r1": "ecp384", "p521": "ecp521", "nistp521": "ecp521", "secp521r1": "ecp521", "25519": "x25519",
      "448": "x448",
    ]
    return groups.merging(curves) { first, _ in first }
  }()

  /// Spells each group as a number, `group N`, `DH N` and by name.
  private static func table(of rows: [(number: String, name: String, value: String)]) -> [String: String] {
    var table: [String: String] = [:]
    for row in rows {
      for key in [row.number, "group\(row.number)", "dh\(row.number)", "dhgroup\(row.number)", row.name] {
        table[key] = row.value
      }
    }
    return table
  }
}
