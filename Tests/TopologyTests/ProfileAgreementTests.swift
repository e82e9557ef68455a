import Testing

@testable import Topology

struct ProfileAgreementTests {
  private func profile(_ encryption: String, integrity: String) -> IPsecProfile {
    IPsecProfile(
      encryption: [encryption], integrity: [integrity], extendedSequenceNumbers: true, pfs: [], lifetimeSeconds: 3600,
      lifetimeBytes: nil, replayWindow: 64)
  }

  @Test(
    "Two ends need an integrity in common only for ciphers that do not authenticate",
    arguments: [
      ("aes256gcm16", true), ("aes128gcm16", true), ("chacha20poly1305", true), ("aes256", false), ("aes128", false),
    ])
  func combinedCiphers(encryption: String, agrees: Bool) {
    let result = profile(encryption, integrity: "sha256").agreement(with: profile(encryption, integrity: "sha512"))
    #expect((try? result.get().encryption) == (agrees ? [encryption] : nil))
  }
}
