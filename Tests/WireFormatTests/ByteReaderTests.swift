import Testing
import WireFormat

@Suite struct ByteReaderTests {
  @Test("integers are big-endian and are taken from the front")
  func integers() throws {
    var reader = ByteReader([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 8, 9, 10, 11, 12, 13, 14, 15])
    #expect(try reader.readUInt8() == 1)
    #expect(try reader.readUInt16() == 0x0203)
    #expect(try reader.readUInt32() == 0x0405_0607)
    #expect(reader.consumed == 7)
    #expect(reader.remaining == 8)
    #expect(try reader.readUInt64() == 0x0809_0A0B_0C0D_0E0F)
    #expect(reader.isAtEnd)
  }

  @Test("all that is left can be read, one byte more cannot, and a failed read takes nothing")
  func boundary() throws {
    var reader = ByteReader([1, 2, 3])
    #expect(throws: WireFormatError.truncated(needed: 4, available: 3)) { try reader.readUInt32() }
    #expect(throws: WireFormatError.truncated(needed: 4, available: 3)) { try reader.read(4) }
    #expect(try reader.read(3) == [1, 2, 3])
    #expect(throws: WireFormatError.truncated(needed: 1, available: 0)) { try reader.readUInt8() }
    #expect(try reader.read(0).isEmpty)
  }

  @Test("a negative count and the largest count throw", arguments: [-1, Int.min, Int.max])
  func absurdCounts(count: Int) {
    var reader = ByteReader([1, 2, 3])
    #expect(throws: WireFormatError.truncated(needed: count, available: 3)) { try reader.read(count) }
    #expect(reader.remaining == 3)
  }

  @Test("a reader of a slice counts from the slice's start and ends where it ends")
  func slices() throws {
    var reader = ByteReader([0, 1, 2, 3, 4][1..<4])
    #expect(reader.remaining == 3)
    #expect(try reader.readUInt16() == 0x0102)
    #expect(reader.consumed == 2)
    #expect(reader.readRemaining() == [3])
    #expect(reader.isAtEnd)
  }

  @Test("a nested structure cannot read past its own length")
  func nested() throws {
    var reader = ByteReader([1, 2, 3, 4])
    var inner = try reader.subreader(2)
    #expect(throws: WireFormatError.truncated(needed: 4, available: 2)) { try inner.readUInt32() }
    #expect(try inner.readUInt16() == 0x0102)
    #expect(try reader.readUInt16() == 0x0304)
    #expect(throws: WireFormatError.truncated(needed: 1, available: 0)) { try reader.subreader(1) }
  }

  @Test("bytes are passed over, but not beyond the end")
  func skipping() throws {
    var reader = ByteReader([1, 2, 3])
    try reader.skip(2)
    #expect(throws: WireFormatError.truncated(needed: 2, available: 1)) { try reader.skip(2) }
    #expect(try reader.readUInt8() == 3)
  }
}
