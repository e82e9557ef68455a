import Testing

@testable import ControlProtocol

@Suite("Authentication requests (RFC 27/ZAP)")
struct ZAPRequestTests {
  private let key = [UInt8](repeating: 7, count: 32)

  private func frames(
    version: String = "1.0", domain: String = ZAPRequest.domain, mechanism: String = "CURVE", key: [UInt8]
  ) -> [[UInt8]] {
    [
      Array(version.utf8), Array("42".utf8), Array(domain.utf8), Array("192.0.2.1".utf8), [], Array(mechanism.utf8),
      key,
    ]
  }

  @Test("a peer with an enrolled key is let in under the name of its key")
  func allowed() throws {
    let request = try #require(ZAPRequest(frames(key: key)))
    let reply = request.reply(isAllowed: true).map { String(decoding: $0, as: UTF8.self) }
    #expect(reply == ["1.0", "42", "200", "enrolled", request.key.description, ""])
  }

  @Test("a peer with another key is turned away without a name")
  func refused() throws {
    let reply = try #require(ZAPRequest(frames(key: key))).reply(isAllowed: false)
    #expect(reply[2] == Array("400".utf8))
    #expect(reply[4].isEmpty)
  }

  @Test("what is no CURVE request in our domain is turned away")
  func malformed() {
    let requests = [
      [], [[1]], frames(version: "2.0", key: key), frames(domain: "other", key: key),
      frames(mechanism: "PLAIN", key: key), frames(mechanism: "NULL", key: []),
      frames(key: Array(key.dropLast())), frames(key: key + [1]), frames(key: key) + [[1]],
    ]
    for request in requests {
      #expect(ZAPRequest(request) == nil)
      #expect(ZAPRequest.refusal(of: request)[2] == Array("400".utf8))
    }
  }
}
