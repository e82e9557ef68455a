extension [UInt8] {
  /// Reads pairs of hexadecimal digits, as test vectors are written; blanks and line breaks between digits do not
  /// count. Nil for anything else.
  public init?(hex text: String) {
    let digits = text.filter { !$0.isWhitespace }.map(\.hexDigitValue)
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      append(UInt8(high << 4 | low))
    }
  }

  /// Two lower-case hexadecimal digits for each byte.
  public var hex: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
