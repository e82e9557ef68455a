/// Reads a fuzzer's bytes from the front. Nothing fails: behind the end there are zeros.
struct FuzzInput {
  private var bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { bytes.isEmpty }

  mutating func byte() -> UInt8 { take(1).first ?? 0 }

  mutating func uint16() -> Int { Int(byte()) << 8 | Int(byte()) }

  /// Up to `count` bytes.
  mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
    let taken = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
    return taken
  }

  /// Two bytes of length, and so many bytes.
  mutating func chunk() -> UnsafeRawBufferPointer { take(uint16()) }
}

/// Writes what `FuzzInput` reads, for seeds.
struct FuzzSeed {
  private(set) var bytes: [UInt8] = []

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  func chunk(_ content: [UInt8]) -> FuzzSeed {
    FuzzSeed(
      bytes + [UInt8(truncatingIfNeeded: content.count >> 8), UInt8(truncatingIfNeeded: content.count)] + content)
  }

  func adding(_ more: [UInt8]) -> FuzzSeed { FuzzSeed(bytes + more) }
}
