import Foundation
import Testing
import WireFormat

@Suite struct SecurityParameterIndexTests {
  @Test("ESP SPIs up to 255 are reserved, 256 is the first (RFC 4303 section 2.1)")
  func reserved() {
    #expect(ESPSPI(rawValue: 0) == nil)
    #expect(ESPSPI(rawValue: 255) == nil)
    #expect(ESPSPI(rawValue: 256)?.description == "00000100")
    #expect(ESPSPI(rawValue: .max)?.description == "ffffffff")
    #expect(IKESPI(rawValue: 0xAB).description == "00000000000000ab")
  }

  @Test("a reserved SPI does not come through a pipe either")
  func coding() throws {
    let spi = try #require(ESPSPI(rawValue: 256))
    #expect(try JSONDecoder().decode([ESPSPI].self, from: JSONEncoder().encode([spi])) == [spi])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([ESPSPI].self, from: Data("[255]".utf8)) }
  }
}
