import Foundation
import Testing

@testable import ControlProtocol

@Suite("Message coding")
struct MessageCodingTests {
  @Test("messages survive the way there and back")
  func roundTrip() throws {
    let status = SiteStatus(
      site: "paris", revision: 3, agentVersion: "1", at: Date(timeIntervalSince1970: 1_800_000_000), uplinks: [],
      tunnels: [], reachablePrefixes: [], missingPrefixes: [], faults: [])
    let messages: [AgentMessage] = [
      .hello(site: "paris", version: "1", revision: 0), .accepted(revision: 3), .refused(revision: 3, reason: "no"),
      .status(status),
    ]
    for message in messages {
      #expect(try MessageCoding.decode(AgentMessage.self, from: MessageCoding.encode(message)) == message)
    }
  }

  @Test(
    "hostile bytes are an error and nothing worse",
    arguments: [
      "", "null", "[]", "{}", #"{"hello":{}}"#, #"{"accepted":{"revision":1e99}}"#, #"{"accepted":{"revision":-0.5}}"#,
      #"{"accepted":{"revision":1},"hello":{}}"#, #"{"status":{"site":"paris","at":"yesterday"}}"#, "\u{feff}{",
      String(repeating: "[", count: 100_000), String(repeating: #"{"status":"#, count: 50_000),
    ])
  func hostileBytes(text: String) {
    #expect(throws: (any Error).self) { try MessageCoding.decode(AgentMessage.self, from: Data(text.utf8)) }
  }

  @Test("bytes that are no UTF-8 are an error", arguments: [[0xff], [0xc0, 0x80], Array(#"{"a":""#.utf8) + [0x80]])
  func malformedUTF8(bytes: [UInt8]) {
    #expect(throws: (any Error).self) { try MessageCoding.decode(AgentMessage.self, from: bytes) }
  }

  @Test("seeded noise of every length never traps")
  func noise() {
    var state: UInt64 = 0x2545_f491_4f6c_dd1d
    for count in 0..<2000 {
      let bytes = (0..<count % 97).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      _ = try? MessageCoding.decode(ControllerMessage.self, from: bytes)
    }
  }

  @Test("what is wrong is said without quoting what was sent")
  func summary() {
    let secret = #"{"configuration":{"_0":{"revision":"swordfish"}}}"#
    let error = #expect(throws: (any Error).self) {
      try MessageCoding.decode(ControllerMessage.self, from: Data(secret.utf8))
    }
    #expect(error.map { MessageCoding.summary(of: $0) } == "configuration._0.revision: is no Int")
  }
}
