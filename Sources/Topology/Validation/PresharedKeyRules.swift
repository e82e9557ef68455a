import Foundation

/// A pre-shared key as the file writes it: a text, `0x` and hexadecimal digits, or `0s` and base64.
enum PresharedKeyText {
  /// The key's bytes; nil if the digits or the base64 are malformed.
  static func decode(_ text: String) -> PresharedKey? {
    if text.hasPrefix("0x") { return hexadecimal(text.dropFirst(2)).map(PresharedKey.init(bytes:)) }
    if text.hasPrefix("0s") {
      return Data(base64Encoded: String(text.dropFirst(2))).map { PresharedKey(bytes: [UInt8]($0)) }
    }
    return PresharedKey(bytes: Array(text.utf8))
  }

  private static func hexadecimal(_ digits: Substring) -> [UInt8]? {
    let nibbles = digits.compactMap(\.hexDigitValue)
    guard nibbles.count == digits.count, nibbles.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] << 4 | nibbles[$0 + 1]) }
  }

  /// Shortest key, in bytes.
  static let minimumLength = 16
  /// Fewest bits of guessing work: RFC 7296 section 2.15 warns that a PSK out of a password is open to dictionaries.
  static let minimumBits = 72.0

  /// An upper bound of the work of guessing a key, in bits: repetitions, sequences, well-known words and names of the
  /// topology count as one character each.
  static func guessingBits(_ key: PresharedKey, names: [String]) -> Double {
    var text = String(decoding: key.bytes, as: UTF8.self).lowercased()
    for (digit, letter) in [
      ("0", "o"), ("1", "i"), ("3", "e"), ("4", "a"), ("5", "s"), ("7", "t"), ("@", "a"), ("$", "s"),
    ] {
      let plain = text.replacingOccurrences(of: digit, with: letter)
      if (wellKnown + names).contains(where: { $0.count > 3 && plain.contains($0) && !text.contains($0) }) {
        text = plain
      }
    }
    for word in (wellKnown + names).sorted(by: { $0.count > $1.count }) where word.count > 2 {
      text = text.replacingOccurrences(of: word, with: "\u{1}")
    }
    let units = surprising(Array(text.unicodeScalars))
    return Double(units) * bitsPerCharacter(key.bytes)
  }

  /// Characters that are not foretold by those before them.
  private static func surprising(_ scalars: [Unicode.Scalar]) -> Int {
    var count = 0
    for (index, scalar) in scalars.enumerated() {
      let step = index > 0 ? Int(scalar.value) - Int(scalars[index - 1].value) : 9
      let isForetold = abs(step) <= 1 || (1...8).contains { period in repeats(scalars, index, period: period) }
      count += isForetold ? 0 : 1
    }
    return count
  }

  /// Whether the last three characters up to `index` stood `period` characters before.
  private static func repeats(_ scalars: [Unicode.Scalar], _ index: Int, period: Int) -> Bool {
    guard index >= period + 2 else { return false }
    return (0...2).allSatisfy { scalars[index - $0] == scalars[index - $0 - period] }
  }

  private static func bitsPerCharacter(_ bytes: [UInt8]) -> Double {
    var alphabet = 0
    if bytes.contains(where: { (0x30...0x39).contains($0) }) { alphabet += 10 }
    if bytes.contains(where: { (0x61...0x7A).contains($0) }) { alphabet += 26 }
    if bytes.contains(where: { (0x41...0x5A).contains($0) }) { alphabet += 26 }
    if bytes.contains(where: {
      $0 > 0x20 && $0 < 0x7F && !Character(Unicode.Scalar($0)).isLetter && !(0x30...0x39).contains($0)
    }) {
      alphabet += 32
    }
    if bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { alphabet += 64 }
    return log2(Double(max(alphabet, 2)))
  }

  private static let wellKnown = [
    "password", "passwort", "passw0rd", "passphrase", "secret", "geheim", "cisco", "juniper", "fortinet", "mikrotik",
    "strongswan", "libreswan", "fabric", "changeme", "change", "letmein", "welcome", "willkommen", "admin",
    "administrator",
    "root", "default", "example", "sample", "test", "demo", "lab", "vpn", "ipsec", "tunnel", "preshared", "shared",
    "psk",
    "key", "gateway", "router", "network", "company", "site", "branch", "office", "qwerty", "qwertz", "asdf", "zxcv",
    "azerty", "monkey", "dragon", "correct", "horse", "battery", "staple", "summer", "winter", "spring", "autumn",
    "iloveyou", "master", "hello", "world", "the", "this", "very", "long", "strong", "secure", "security", "private",
  ]
}

extension Validator {
  /// Keys that the file supplies are long, hard to guess, and each pair's own.
  mutating func checkPresharedKeys(_ links: [LinkDraft]) {
    let names = draft.sites.map(\.name.value) + [draft.name?.value].compactMap(\.self)
    var lines: [[UInt8]: Int] = [:]
    for psk in links.compactMap(\.psk) {
      guard let key = PresharedKeyText.decode(psk.value) else {
        report(
          psk.position, "this pre-shared key is neither whole hexadecimal (`0x…`) nor base64 (`0s…`)",
          "correct it, or leave `psk` out: Fabric generates 256 random bits")
        continue
      }
      if let line = lines[key.bytes] {
        report(
          psk.position, "this pre-shared key is already used on line \(line)",
          "each pair of sites needs a key of its own; leave `psk` out and Fabric generates it")
      }
      lines[key.bytes] = lines[key.bytes] ?? psk.position.line
      if key.bytes.count < PresharedKeyText.minimumLength {
        report(
          psk.position,
          "this pre-shared key has \(key.bytes.count) bytes; at least \(PresharedKeyText.minimumLength) are needed",
          "leave `psk` out: Fabric generates 256 random bits")
      } else if PresharedKeyText.guessingBits(key, names: names) < PresharedKeyText.minimumBits {
        report(
          psk.position, "this pre-shared key is easy to guess: it is made of words, repetitions or sequences",
          "leave `psk` out: Fabric generates 256 random bits")
      }
    }
  }
}
