import ESP
import FabricCrypto
import Testing
import WireFormat

@Suite struct ESPOverheadTests {
  @Test(
    "the inner MTU is the longest packet that fits the path",
    arguments: allSuites, ESPEncapsulation.allCases)
  func longest(suite: ProtectionSuite, encapsulation: ESPEncapsulation) {
    for family in [IPAddress.Family.v4, .v6] {
      let overhead = ESPOverhead(suite: suite, encapsulation: encapsulation, outerFamily: family)
      for pathMTU in 576...1500 {
        let inner = overhead.innerMTU(pathMTU: pathMTU)
        #expect(overhead.outerLength(innerLength: inner) <= pathMTU)
        #expect(overhead.outerLength(innerLength: inner + 1) > pathMTU)
      }
    }
  }

  @Test("known tunnels on a 1500-byte path")
  func known() {
    let gcm = ESPOverhead(suite: .aead(.aes256GCM16), encapsulation: .udp, outerFamily: .v4)
    #expect(gcm.innerMTU(pathMTU: 1500) == 1438)
    let cbc = ESPOverhead(
      suite: .encryptThenMAC(.aes256CBC, .hmacSHA256_128), encapsulation: .esp, outerFamily: .v6)
    #expect(cbc.innerMTU(pathMTU: 1500) == 1406)
  }

  @Test("a path too small for any packet gives 0", arguments: [-1, 0, 20, 60, 63])
  func tooSmall(pathMTU: Int) {
    let overhead = ESPOverhead(suite: .aead(.aes256GCM16), encapsulation: .udp, outerFamily: .v4)
    #expect(overhead.innerMTU(pathMTU: pathMTU) == 0)
  }
}
