import FabricTestKit
import Testing
import WireFormat

@testable import ESP

@Suite("The message that a line is gone")
struct LineLossTests {
  @Test("stands on the wire as its diagram has it, and is read with padding behind it")
  func layout() throws {
    let loss = LineLoss(spi: try #require(ESPSPI(rawValue: 0x0102_0304)))
    var bytes = [UInt8](repeating: 0, count: LineLoss.length + 4)
    bytes.withUnsafeMutableBytes { loss.write(to: $0) }
    #expect(bytes.hex == "46414252474f4e450102030400000000")
    #expect(bytes.withUnsafeBytes { LineLoss($0) } == loss)
  }

  @Test(
    "is not read out of anything else",
    arguments: ["", "46414252474f4e45", "46414252474f4e4500000001", "46414252474f4e4601020304"])
  func noise(hex: String) throws {
    let bytes = try #require([UInt8](hex: hex))
    #expect(bytes.withUnsafeBytes { LineLoss($0) } == nil)
  }
}
