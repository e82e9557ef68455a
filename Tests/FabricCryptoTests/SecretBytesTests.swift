import FabricCrypto
import FabricTestKit
import Foundation
import Testing
import WireFormat

@Suite struct SecretBytesTests {
  @Test("a description shows nothing of the secret")
  func description() {
    let secret = SecretBytes(Array("correct horse battery staple".utf8))
    for text in [String(describing: secret), String(reflecting: secret), "\(secret)"] {
      #expect(!text.contains("horse") && !text.contains("99"))
    }
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("99"))
  }

  @Test("equality looks at all bytes and at the length")
  func equality() {
    #expect(SecretBytes([1, 2, 3]) == SecretBytes([1, 2, 3]))
    #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2, 4]))
    #expect(SecretBytes([1, 2, 3]) != SecretBytes([0, 2, 3]))
    #expect(SecretBytes([1, 2, 3]) != SecretBytes([1, 2]))
    #expect(SecretBytes([UInt8]()) == SecretBytes([UInt8]()))
  }

  @Test("a slice within the bytes is given, one beyond is not")
  func slice() {
    let secret = SecretBytes([1, 2, 3, 4])
    #expect(secret.slice(1..<3) == SecretBytes([2, 3]))
    #expect(secret.slice(0..<4) == secret)
    #expect(secret.slice(4..<4)?.count == 0)
    #expect(secret.slice(0..<5) == nil)
    #expect(secret.slice(-1..<2) == nil)
  }

  @Test("it passes a pipe as base64, and anything else is refused without quoting it")
  func coding() throws {
    let secret = SecretBytes([0, 255, 16, 1])
    let encoded = try JSONEncoder().encode([secret])
    #expect(String(decoding: encoded, as: UTF8.self) == #"["AP8QAQ=="]"#)
    #expect(try JSONDecoder().decode([SecretBytes].self, from: encoded) == [secret])
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([SecretBytes].self, from: Data(#"["hunter2 is my secret"]"#.utf8))
    }
    #expect(!String(describing: error).contains("hunter2"))
  }

  @Test("it passes between processes as the bytes that it is")
  func binaryCoding() throws {
    let secret = SecretBytes([0, 255, 16, 1])
    let encoded = try CBOREncoder().encode([secret, SecretBytes([])])
    #expect(encoded.hex == "9a00000002" + "4400ff1001" + "40")
    #expect(try CBORDecoder().decode([SecretBytes].self, from: encoded) == [secret, SecretBytes([])])
    #expect(throws: DecodingError.self) {
      try CBORDecoder().decode(SecretBytes.self, from: CBOREncoder().encode("text"))
    }
  }

  @Test("bytes that were secret are wiped in place")
  func wiping() {
    var bytes: [UInt8] = [1, 2, 3]
    wipe(&bytes)
    #expect(bytes == [0, 0, 0])
  }
}
