/// A duration as the file writes it, exact in milliseconds.
struct Milliseconds: Hashable, Comparable, Sendable {
  var count: Int

  /// Whole seconds, rounded down.
  var seconds: Int { count / 1000 }

  static func < (left: Milliseconds, right: Milliseconds) -> Bool { left.count < right.count }

  /// As an engineer writes it: the largest unit that leaves no remainder.
  var text: String {
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where count != 0 && count.isMultiple(of: size) {
      return "\(count / size)\(unit)"
    }
    return "\(count)ms"
  }
}

extension Format {
  /// A duration within bounds.
  ///
  /// - Parameter bareNumbersAreSeconds: whether `86400` means `86400s`, as on every router's Phase 1 lifetime.
  static func duration(
    _ range: ClosedRange<Milliseconds>, bareNumbersAreSeconds: Bool, example: String
  ) -> ScalarFormat<Milliseconds> {
    let units = bareNumbersAreSeconds ? "(ms|s|m|h|d)?" : "(ms|s|m|h|d)"
    return ScalarFormat(
      "a duration such as \(example)", .text(pattern: "^[0-9]+\(units)$"),
      reading: { text in
        let units = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let (count, unit) = quantity(text), !unit.isEmpty || bareNumbersAreSeconds, let size = units[unit] else {
          return .failure(Misfit("`\(text)` is not a duration", "write a number and a unit, such as `\(example)`"))
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        let value = Milliseconds(count: overflow ? .max : product)
        guard range.contains(value) else {
          return .failure(
            Misfit(
              "\(text) is out of bounds",
              "write a duration from \(range.lowerBound.text) to \(range.upperBound.text)"))
        }
        return .success(value)
      })
  }

  /// A number of bytes: `64GiB`, `500MB`, `1000000`.
  static let byteCount = ScalarFormat<UInt64>(
    "a number of bytes such as 64GiB", .text(pattern: "^[0-9]+(B|[KkMGT]i?B)?$"),
    reading: { text in
      let units: [String: UInt64] = [
        "": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 1000, "KB": 1000,
        "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
      ]
      guard let (count, unit) = quantity(text), let size = units[unit] else {
        return .failure(Misfit("`\(text)` is not a number of bytes", "write a number and a unit, such as `64GiB`"))
      }
      let (product, overflow) = UInt64(count).multipliedReportingOverflow(by: size)
      guard !overflow, (UInt64(1) << 24...UInt64(1) << 60).contains(product) else {
        return .failure(Misfit("\(text) is out of bounds", "write from 16MiB to 1048576TiB"))
      }
      return .success(product)
    })

  /// Splits `64GiB` into 64 and `GiB`; nil unless it starts with digits that fit an integer.
  private static func quantity(_ text: String) -> (count: Int, unit: String)? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int(digits) else { return nil }
    return (count, text.dropFirst(digits.count).trimmingPrefix(" ").description)
  }
}
