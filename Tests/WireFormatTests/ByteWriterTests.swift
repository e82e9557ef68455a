import Testing
import WireFormat

@Suite struct ByteWriterTests {
  @Test("what is written is read again")
  func roundTrip() throws {
    var writer = ByteWriter()
    writer.write(UInt8(1))
    writer.write(UInt16(0x0203))
    writer.write(UInt32(0x0405_0607))
    writer.write(UInt64(0x0809_0A0B_0C0D_0E0F))
    writer.write(repeating: 0xAA, count: 2)
    writer.write([1, 2])
    #expect(writer.bytes == Array(1...15) + [0xAA, 0xAA, 1, 2])
    #expect(writer.count == 19)
    writer.write(repeating: 0xAA, count: -1)
    #expect(writer.count == 19)
  }

  @Test("a length field counts its body and the overhead")
  func lengthPrefix() throws {
    var writer = ByteWriter()
    try writer.writeLengthPrefixed16(overhead: 4, field: "length") { $0.write([7, 8, 9]) }
    #expect(writer.bytes == [0, 7, 7, 8, 9])
  }

  @Test("a body that just fits 16 bits is written, one byte more is refused and leaves nothing")
  func lengthPrefixBoundary() throws {
    var writer = ByteWriter()
    try writer.writeLengthPrefixed16(overhead: 0, field: "length") { $0.write(repeating: 0, count: 65535) }
    #expect(writer.bytes.prefix(2) == [0xFF, 0xFF])
    let before = writer.bytes
    #expect(throws: WireFormatError.invalid(field: "length")) {
      try writer.writeLengthPrefixed16(overhead: 0, field: "length") { $0.write(repeating: 0, count: 65536) }
    }
    #expect(throws: WireFormatError.invalid(field: "length")) {
      try writer.writeLengthPrefixed16(overhead: 1, field: "length") { $0.write(repeating: 0, count: 65535) }
    }
    #expect(writer.bytes == before)
  }

  @Test("a field is overwritten in place, up to the very end")
  func overwrite() {
    var writer = ByteWriter()
    writer.write([1, 2, 3, 4])
    writer.overwrite(UInt16(0xABCD), at: 2)
    writer.overwrite(UInt8(0xEE), at: 0)
    #expect(writer.bytes == [0xEE, 2, 0xAB, 0xCD])
  }
}
