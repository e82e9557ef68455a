import Testing

@testable import fabric

@Suite("A table")
struct TableTests {
  private let plain = Palette(isColoured: false)

  @Test("Columns are as wide as their widest field and two blanks apart")
  func alignment() {
    var table = Table("SITE", "STATE")
    table.add("hq", "converged")
    table.add("amsterdam", "away")
    #expect(table.lines(plain) == ["SITE       STATE", "hq         converged", "amsterdam  away"])
  }

  @Test("No line ends in blanks, also where the last field is empty or missing")
  func trailingBlanks() {
    var table = Table("A", "B", "C")
    table.add("1", "", "")
    table.add("1")
    table.add("1", "", "3")
    #expect(table.lines(plain) == ["A  B  C", "1", "1", "1     3"])
  }

  @Test("Colours do not shift columns")
  func colours() {
    var table = Table("A", "B")
    table.add(.init("x", .good), "y")
    #expect(
      table.lines(Palette(isColoured: true)) == ["\u{1B}[1mA\u{1B}[0m  \u{1B}[1mB\u{1B}[0m", "\u{1B}[32mx\u{1B}[0m  y"])
  }

  @Test("A table without rows still has its titles")
  func empty() { #expect(Table("A", "B").lines(plain) == ["A  B"]) }
}
