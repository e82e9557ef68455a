import Testing
import WireFormat

struct InternetChecksumTests {
  /// RFC 1071 section 4.1, word by word.
  private func naive(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += index.isMultiple(of: 2) ? Int(byte) << 8 : Int(byte) }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    return ~UInt16(sum)
  }

  @Test("The sum is that of the 16-bit words, whatever the length and wherever the bytes lie")
  func agreesWithNaive() {
    let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
    for start in 0..<9 {
      for length in 0...(390 - start) {
        var sum = InternetChecksum()
        bytes.withUnsafeBytes { sum.add(UnsafeRawBufferPointer(rebasing: $0[start..<(start + length)])) }
        #expect(sum.value == naive(bytes[start..<(start + length)]), "\(length) bytes from \(start)")
      }
    }
  }

  @Test("A megabyte of ones and more does not overflow")
  func long() {
    let bytes = [UInt8](repeating: 0xFF, count: 3 << 20 + 64)
    var sum = InternetChecksum()
    sum.add(bytes)
    #expect(sum.value == 0)
  }

  @Test("Pieces of even length add up to the whole")
  func pieces() {
    let bytes = (0..<254).map { UInt8($0) }
    var whole = InternetChecksum()
    whole.add(bytes)
    var pieces = InternetChecksum()
    for start in stride(from: 0, to: 254, by: 2) { pieces.add(Array(bytes[start..<(start + 2)])) }
    #expect(whole.value == pieces.value)
  }
}
