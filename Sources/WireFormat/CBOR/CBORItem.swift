/// One data item of the Concise Binary Object Representation (RFC 8949 section 3), which begins with a byte of its own:
///
///     │ major type, 3 bits   │ additional information, 5 bits
///       0 unsigned integer     0…23: the argument itself
///       1 negative integer     24, 25, 26, 27: the argument follows in 1, 2, 4, 8 bytes
///       2 byte string          28…31: not in our messages
///       3 text string
///       4 array, 5 map         whose argument is how many items, or pairs of key and value, follow
///       6 tag                  not in our messages
///       7 false, true, null    and numbers in floating point
struct CBORItem {
  /// What an item is, by its major type.
  enum Kind: UInt8 {
    case unsigned = 0
    case negative
    case bytes
    case text
    case array
    case map
    /// `false`, `true` or `null`.
    case simple = 7
    case float32
    case float64
  }

  /// Arguments of `simple` (RFC 8949 section 3.3).
  static let falseValue: UInt64 = 20
  static let trueValue: UInt64 = 21
  static let nullValue: UInt64 = 22
  /// Additional information of major type 7 in front of 32 or 64 bits of a number in floating point.
  static let float32: UInt8 = 26
  static let float64: UInt8 = 27

  let kind: Kind
  /// A number or its bits; a string's length in bytes; how many items or pairs an array or a map holds.
  let argument: UInt64
  /// Where a string's bytes begin.
  let start: UInt32
  /// The number of the item that follows this one and all that it holds.
  var next: UInt32
}
