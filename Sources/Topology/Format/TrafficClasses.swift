extension Format {
  /// A bit rate, in kbit/s: `512kbit`, `20Mbit`, `1Gbit`.
  static let bitRate = ScalarFormat<Int>(
    "a bit rate such as 20Mbit", .text(pattern: "^[0-9]+(kbit|Mbit|Gbit)$"),
    read: { text in
      for (unit, size) in [("kbit", 1), ("Mbit", 1000), ("Gbit", 1_000_000)] where text.hasSuffix(unit) {
        guard let count = Int(text.dropLast(unit.count)) else { return nil }
        let (rate, overflow) = count.multipliedReportingOverflow(by: size)
        return !overflow && (64...100_000_000).contains(rate) ? rate : nil
      }
      return nil
    })

  /// A whole percentage.
  static let share = ScalarFormat<Int>(
    "a percentage such as 30%", .text(pattern: "^[0-9]{1,2}%$"),
    read: { text in text.hasSuffix("%") ? Int(text.dropLast()).flatMap { (1...90).contains($0) ? $0 : nil } : nil })

  /// A differentiated services code point by name (RFC 2474, RFC 2597, RFC 3246) or number.
  static let dscp = ScalarFormat<UInt8>(
    "a DSCP such as ef, af31, cs4 or 46", .text(pattern: "^(ef|af[1-4][1-3]|cs[0-7]|[0-9]{1,2})$"),
    read: { text in
      if text == "ef" { return 46 }
      let digits = text.utf8.filter { (0x30...0x39).contains($0) }.map { $0 - 0x30 }
      switch (text.prefix(2), digits.count) {
      case ("cs", 1) where digits[0] <= 7: return digits[0] * 8
      // RFC 2597 section 6: class and drop precedence.
      case ("af", 2) where (1...4).contains(digits[0]) && (1...3).contains(digits[1]):
        return digits[0] * 8 + digits[1] * 2
      default: return UInt8(text).flatMap { $0 < 64 ? $0 : nil }
      }
    })
}
