import FabricTestKit
import Testing
import WireFormat

@Suite("CBOR")
struct CBORTests {
  /// Something of everything that messages hold.
  private struct Sample: Codable, Equatable {
    enum Choice: Codable, Equatable {
      case nothing
      case one(String)
      case pair(left: Int, right: [UInt8])
    }

    var name: String
    var isSet: Bool
    var numbers: [Int64]
    var unsigned: UInt64
    var small: Int8
    var ratio: Double
    var share: Float
    var missing: String?
    var there: UInt16?
    var bytes: [UInt8]
    var choices: [Choice]
    var byName: [String: Choice]
    var range: ClosedRange<UInt16>
    var time: Duration
    var address: IPAddress
  }

  private let sample = Sample(
    name: "tünnel", isSet: true,
    numbers: [0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_296, -1, -24, -25, .min, .max],
    unsigned: .max, small: -128, ratio: 0.1, share: -0.5, missing: nil, there: 65_535, bytes: [0, 255, 7],
    choices: [.nothing, .one(""), .pair(left: -5, right: [])], byName: ["a": .nothing, "b": .one("x")], range: 1...500,
    time: .milliseconds(-1500), address: .v6(high: 1, low: 2))

  @Test("A value comes back as it was")
  func roundTrip() throws {
    #expect(try CBORDecoder().decode(Sample.self, from: CBOREncoder().encode(sample)) == sample)
  }

  /// From RFC 8949, appendix A.
  @Test(
    "Numbers, texts and bytes are written as RFC 8949 has them",
    arguments: [
      (0, "00"), (10, "0a"), (23, "17"), (24, "1818"), (25, "1819"), (100, "1864"), (1000, "1903e8"),
      (1_000_000, "1a000f4240"), (1_000_000_000_000, "1b000000e8d4a51000"), (-1, "20"), (-10, "29"), (-100, "3863"),
      (-1000, "3903e7"),
    ] as [(Int, String)])
  func integers(value: Int, expected: String) throws {
    #expect(try CBOREncoder().encode(value) == [UInt8](hex: expected))
    #expect(try CBORDecoder().decode(Int.self, from: hexadecimal(expected)) == value)
  }

  /// From RFC 8949, appendix A.
  @Test("Other simple values are written as RFC 8949 has them")
  func simpleValues() throws {
    #expect(try CBOREncoder().encode(UInt64.max) == [UInt8](hex: "1bffffffffffffffff"))
    #expect(try CBOREncoder().encode(1.1) == [UInt8](hex: "fb3ff199999999999a"))
    #expect(try CBOREncoder().encode(Float(100_000)) == [UInt8](hex: "fa47c35000"))
    #expect(try CBOREncoder().encode(false) == [UInt8](hex: "f4"))
    #expect(try CBOREncoder().encode(true) == [UInt8](hex: "f5"))
    #expect(try CBOREncoder().encode(nil as Int?) == [UInt8](hex: "f6"))
    #expect(try CBOREncoder().encode([1, 2, 3, 4] as [UInt8]) == [UInt8](hex: "4401020304"))
    #expect(try CBOREncoder().encode("IETF") == [UInt8](hex: "6449455446"))
    #expect(try CBOREncoder().encode("水") == [UInt8](hex: "63e6b0b4"))
  }

  /// From RFC 8949, appendix A.
  @Test("Arrays and maps are read with counts of any length")
  func containers() throws {
    #expect(try CBORDecoder().decode([Int].self, from: hexadecimal("83010203")) == [1, 2, 3])
    #expect(
      try CBORDecoder().decode([String: String].self, from: hexadecimal("a56161614161626142616361436164614461656145"))
        == ["a": "A", "b": "B", "c": "C", "d": "D", "e": "E"])
    #expect(try CBOREncoder().encode([1]) == [UInt8](hex: "9a0000000101"))
  }

  @Test("A value finds its fields in any order, and among others that it does not know")
  func otherOrder() throws {
    struct Written: Encodable {
      let later = ["unknown": [1, 2]]
      let second = "two"
      let first = 1
    }
    struct Read: Decodable, Equatable {
      let first: Int
      let second: String
      let third: Int?
    }
    let read = try CBORDecoder().decode(Read.self, from: CBOREncoder().encode(Written()))
    #expect(read == Read(first: 1, second: "two", third: nil))
  }

  @Test(
    "What is not whole, or not in our messages, is refused",
    arguments: [
      "", "18", "1903", "1c", "1f", "64494554", "5f", "9f01ff", "c000", "e0", "f7", "f97e00", "f818", "8301", "a1",
      "a16161",
      "a10101", "0000", "9bffffffffffffffff", "bb8000000000000000", "7bffffffffffffffff", "5b7fffffffffffffff",
    ])
  func malformed(text: String) throws {
    #expect(throws: WireFormatError.self) { try CBORDecoder().decode([Int].self, from: hexadecimal(text)) }
  }

  @Test("A value of another type is refused")
  func mismatches() throws {
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(UInt8.self, from: hexadecimal("190100")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(UInt.self, from: hexadecimal("20")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(Int.self, from: hexadecimal("3bffffffffffffffff")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(String.self, from: hexadecimal("62fffe")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(Bool.self, from: hexadecimal("f6")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode([UInt8].self, from: hexadecimal("8101")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode([Int].self, from: hexadecimal("a0")) }
    #expect(throws: DecodingError.self) { try CBORDecoder().decode(Sample.self, from: hexadecimal("a0")) }
  }

  @Test("Arrays within arrays are read up to a depth, and no further")
  func depth() throws {
    #expect(throws: DecodingError.self) {
      try CBORDecoder().decode([Int].self, from: [UInt8](repeating: 0x81, count: 64) + [0])
    }
    #expect(throws: WireFormatError.invalid(field: "depth or count of CBOR")) {
      try CBORDecoder().decode([Int].self, from: [UInt8](repeating: 0x81, count: 65) + [0])
    }
  }

  @Test("No damage to a message does more than make it another or none")
  func damage() throws {
    let random = SeededRandom(seed: 8949)
    let whole = try CBOREncoder().encode(sample)
    for length in whole.indices {
      #expect(throws: WireFormatError.self) { try CBORDecoder().decode(Sample.self, from: Array(whole[..<length])) }
    }
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0...Int(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? CBORDecoder().decode(Sample.self, from: bytes)
    }
  }

  private func hexadecimal(_ text: String) throws -> [UInt8] { try #require([UInt8](hex: text)) }
}
