import FabricTestKit
import Foundation
import Testing
import Topology

@Suite struct YAMLTests {
  private func faults(_ text: String) -> [String] { faults(Array(text.utf8)) }

  private func faults(_ bytes: [UInt8]) -> [String] {
    do {
      _ = try TopologyDocument.parse(bytes, file: "f")
      return []
    } catch {
      return error.lines
    }
  }

  @Test("An empty file says how to start", arguments: ["", "\n\n", "# nothing\n", "---\n...\n"])
  func empty(text: String) {
    #expect(faults(text).first?.contains("empty") == true || faults(text).first?.contains("a mapping") == true)
  }

  @Test("A file that is no mapping is no topology", arguments: ["42", "- a\n- b", "just words", "''"])
  func noMapping(text: String) {
    #expect(faults(text).first?.hasPrefix("f:1:1: error: a topology is a mapping, but ") == true)
  }

  @Test("A tab is named, with its place")
  func tab() throws {
    let text = try #require(
      BaseTopology.replacing([("    strong:\n      encryption", "    strong:\n\t  encryption")]))
    #expect(faults(text).first?.hasPrefix("f:7:1: error: not valid YAML: ") == true)
    #expect(faults(text).first?.contains("indent with spaces") == true)
  }

  @Test(
    "Broken YAML is an error with its place",
    arguments: ["a: b: c", "a: [b", "a: {b", "a: \"b", "a: 'b", "%x\n", "a:\n b\n  c: d\n"])
  func broken(text: String) {
    #expect(faults(text).first?.contains(": error: not valid YAML: ") == true)
  }

  @Test("Text that is not UTF-8 is refused at the byte")
  func notUTF8() {
    #expect(
      faults(Array("kind: T\nname: ".utf8) + [0xC3, 0x28]).first?.hasPrefix("f:2:7: error: this is not UTF-8") == true)
    #expect(faults([0xFF, 0xFE, 0x61, 0x00]).first?.hasPrefix("f:1:1: error: this is not UTF-8") == true)
    #expect(faults([0xED, 0xA0, 0x80]).first?.hasPrefix("f:1:1: error: this is not UTF-8") == true)
  }

  @Test("Control characters are refused, a byte order mark is not")
  func controlCharacters() throws {
    #expect(faults("kind: \u{0}").first?.hasPrefix("f:1:7: error: a control character") == true)
    #expect(faults("kind: \u{7}").first?.hasPrefix("f:1:7: error: a control character") == true)
    #expect(faults("\u{FEFF}" + BaseTopology.text).isEmpty)
    #expect(faults(BaseTopology.text.replacing("\n", with: "\r\n")).isEmpty)
  }

  @Test("Anchors and aliases are refused")
  func anchors() throws {
    for pieces in [
      [("strong:\n      encryption", "strong: &s\n      encryption")], [("name: acme", "name: *acme")],
      [("role: hub", "role: &role hub")], [("defaults: {", "defaults: { <<: *x,")],
    ] {
      let text = try #require(BaseTopology.replacing(pieces))
      #expect(faults(text).first?.contains("anchors and aliases are not supported") == true)
    }
  }

  @Test("An ampersand in a text is only an ampersand")
  func ampersand() throws {
    let text = try #require(BaseTopology.replacing([("name: acme", "name: acme, description: Smith & Sons &c")]))
    #expect(faults(text).isEmpty)
  }

  @Test("A billion laughs end at the first", .timeLimit(.minutes(1)))
  func billionLaughs() {
    var text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for (name, previous) in zip("bcdefghijklmn", "abcdefghijklm") {
      text += "\(name): &\(name) [" + Array(repeating: "*\(previous)", count: 9).joined(separator: ",") + "]\n"
    }
    text += "? *n\n: {*n : 1}\n"
    #expect(faults(text).count == 1)
    #expect(faults("a: &a [1]\nb: { *a : 1, *a : 2 }").count == 1)
  }

  @Test("A second document is refused")
  func secondDocument() {
    #expect(faults(BaseTopology.text + "---\nkind: Topology\n").first?.contains("a second YAML document") == true)
  }

  @Test("Nesting has a limit", .timeLimit(.minutes(1)), arguments: [40, 900, 5000, 200_000])
  func nesting(depth: Int) {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
      let text = "a: " + String(repeating: open, count: depth) + String(repeating: close, count: depth)
      #expect(faults(text).count >= 1)
    }
  }

  @Test("The size has a limit")
  func size() {
    #expect(
      faults(String(repeating: "#", count: 1 << 20) + "\n").first?.contains("bytes; a topology has at most") == true)
    #expect(faults(String(repeating: "x", count: 1 << 20)).first?.contains("a topology is a mapping") == true)
  }

  @Test("Keys given many times are all named")
  func manyDuplicates() {
    let text = BaseTopology.text + String(repeating: "kind: Topology\n", count: 60)
    #expect(faults(text).count == 60)
    let endless = BaseTopology.text + String(repeating: "kind: Topology\n", count: 600)
    #expect(faults(endless).count >= 1)
  }

  @Test("No mutation of an example traps the parser", arguments: Examples.all.keys.sorted())
  func mutations(name: String) throws {
    let original = Array(try #require(Examples.all[name]).utf8)
    var random = SeededRandom(seed: 0x70_70)
    for _ in 0..<1000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
      for fault in faults(bytes) { #expect(fault.hasPrefix("f")) }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes.removeSubrange(place..<end)
    case 2: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
    case 3: bytes.insert(Array("{}[]:,-&*!|>'\"%@`#?\n \t".utf8).randomElement(using: &random) ?? 0, at: place)
    case 4: bytes.removeSubrange(place...)
    default: bytes.replaceSubrange(place..<end, with: Array("18446744073709551616".utf8))
    }
  }
}
