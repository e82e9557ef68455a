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

  private func profile(_ methods: [String]?, isRequired: Bool) -> IKEProfile {
    var profile = IKEProfile.standard
    profile.postQuantum = methods.map { PostQuantumProfile(additionalKeyExchanges: $0, isRequired: isRequired) }
    return profile
  }

  @Test("Two ends do the additional key exchanges that both have; one that requires them cannot be talked out of them")
  func postQuantum() {
    let none = profile(nil, isRequired: false)
    let preferring = profile(["mlkem768", "mlkem1024"], isRequired: false)
    let requiring = profile(["mlkem1024"], isRequired: true)
    #expect((try? none.agreement(with: preferring).get())?.postQuantum == nil)
    #expect((try? preferring.agreement(with: preferring).get()) == preferring)
    #expect((try? preferring.agreement(with: requiring).get())?.postQuantum == requiring.postQuantum)
    #expect((try? requiring.agreement(with: preferring).get())?.postQuantum == requiring.postQuantum)
    #expect(throws: Disagreement.self) { try requiring.agreement(with: none).get() }
    #expect(throws: Disagreement.self) { try none.agreement(with: requiring).get() }
    #expect(throws: Disagreement.self) { try requiring.agreement(with: profile(["mlkem768"], isRequired: false)).get() }
  }
}
