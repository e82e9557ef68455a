import ESP
import FabricCrypto
import WireFormat

// What one packet costs on one core, without a system call: the cipher alone, and a whole ESP packet sealed and opened.
// `make bench` runs it before the networks; all figures of one table come from one run.

let lengths = [64, 1424]
let suites: [ProtectionSuite] = [
  .aead(.aes128GCM16), .aead(.aes256GCM16), .aead(.chaCha20Poly1305),
  .encryptThenMAC(.aes256CBC, .hmacSHA256_128),
]

func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

func nanoseconds(_ duration: Duration) -> String {
  padded(String(Int(duration / .nanoseconds(1))), 8)
}

print("nanoseconds per packet                          length  cipher    seal    open")
for suite in suites {
  for implementation in CipherImplementation.available(for: suite) {
    for length in lengths {
      let tunnel = try PacketLoop(suite, implementation, innerLength: length)
      let cipher = CipherSpeed.measure(suite, implementation, textLength: length, packets: 1000)
      let times = tunnel.measure()
      let chosen = implementation == .fastest(for: suite) ? "*" : " "
      let name = "\(suite.encryption.rawValue) \(suite.integrity == nil ? "" : "sha256 ")by \(implementation.rawValue)\(chosen)"
      print(
        name + padded("", 44 - name.count), padded(String(length), 8), nanoseconds(cipher), nanoseconds(times.seal),
        nanoseconds(times.open))
    }
  }
}
print("* what a gateway chooses on this machine")
