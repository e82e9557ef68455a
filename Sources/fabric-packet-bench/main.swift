import ESP
import FabricCrypto

// What one packet costs on one core, without a system call: the cipher alone, and a whole ESP packet sealed and opened.
// `make bench` runs it beside the networks; all figures of one table come from one run.
//
//     fabric-packet-bench                                  the table
//     fabric-packet-bench carry SEGMENTS LENGTH TIMES      for `make instructions`: prints nothing

let suites: [ProtectionSuite] = [
  .aead(.aes128GCM16), .aead(.aes256GCM16), .aead(.chaCha20Poly1305),
  .encryptThenMAC(.aes256CBC, .hmacSHA256_128),
]

func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
func nanoseconds(_ duration: Duration) -> String { right(String(Int(duration / .nanoseconds(1))), 8) }

func printRow(_ suite: ProtectionSuite, _ implementation: CipherImplementation, length: Int) throws {
  let cipher = CipherSpeed.measure(suite, implementation, textLength: length, trains: 60)
  let packet = try PacketLoop(suite, implementation, innerLength: length).measure()
  let algorithms = suite.encryption.rawValue + (suite.integrity == nil ? "" : " + sha256")
  let chosen = implementation == .fastest(for: suite) ? "*" : ""
  print(
    left(algorithms, 18) + left(implementation.rawValue + chosen, 10) + right(String(length), 6)
      + nanoseconds(cipher) + nanoseconds(packet.seal) + nanoseconds(packet.open))
}

/// Carries a packet of so many segments of so many bytes again and again, for an instrument that counts instructions.
func carry(segments: Int, length: Int, times: Int) throws {
  let path = try WholePath(.aead(.aes256GCM16), .openSSL, segments: segments, length: length)
  for _ in 0..<times { precondition(path.carry(), "a packet of ours did not come out as it went in") }
}

func printTable() throws {
  print("nanoseconds per packet\n" + left("suite", 18) + left("by", 10) + " bytes  cipher    seal    open")
  for suite in suites {
    for implementation in CipherImplementation.available(for: suite) {
      for length in [64, 1424] { try printRow(suite, implementation, length: length) }
    }
  }
  print("* what a gateway chooses on this machine")
}

let numbers = CommandLine.arguments.dropFirst(2).compactMap { Int($0) }
if CommandLine.arguments.dropFirst().first == "carry", numbers.count == 3 {
  try carry(segments: numbers[0], length: numbers[1], times: numbers[2])
} else {
  try printTable()
}
