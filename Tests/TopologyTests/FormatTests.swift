import Testing
import Topology

@Suite struct FormatTests {
  private func profile(_ old: String, _ new: String) throws -> (ike: IKEProfile, ipsec: IPsecProfile) {
    let text = try #require(BaseTopology.replacing([(old, new)]))
    let link = try #require(try TopologyDocument.parse(text, file: "f").links.first)
    return (link.ike, link.ipsec)
  }

  @Test(
    "DH groups are known by number and by every common name",
    arguments: [
      ("14", "modp2048"), ("group14", "modp2048"), ("DH-Group-14", "modp2048"), ("modp-2048", "modp2048"),
      ("15", "modp3072"),
      ("16", "modp4096"), ("19", "ecp256"), ("nistp256", "ecp256"), ("20", "ecp384"), ("P-384", "ecp384"),
      ("21", "ecp521"),
      ("31", "x25519"), ("curve25519", "x25519"), ("X25519", "x25519"),
      ("17", "modp6144"), ("18", "modp8192"), ("32", "x448"), ("curve448", "x448"),
    ])
  func groups(written: String, meant: String) throws {
    #expect(try profile("[ecp384, modp2048]", written).ike.dhGroups == [meant])
  }

  @Test(
    "Ciphers are known by every common name",
    arguments: [
      ("AES-256-GCM", "aes256gcm16"), ("aes-gcm-256", "aes256gcm16"), ("aes256gcm128", "aes256gcm16"),
      ("aes-256", "aes256"),
      ("aes-256-cbc", "aes256"), ("AES_CBC_128", "aes128"), ("aes128gcm", "aes128gcm16"),
      ("ChaCha20-Poly1305", "chacha20poly1305"), ("chacha20", "chacha20poly1305"),
    ])
  func ciphers(written: String, meant: String) throws {
    #expect(try profile("[aes256gcm16, aes256]", written).ike.encryption == [meant])
  }

  @Test(
    "Hashes are known by every common name",
    arguments: [
      ("hmac-sha2-256", "sha256"), ("SHA2-256-128", "sha256"), ("sha-384", "sha384"), ("HMAC_SHA2_512_256", "sha512"),
    ])
  func hashes(written: String, meant: String) throws {
    #expect(try profile("integrity: [sha256]", "integrity: \(written)").ike.integrity == [meant])
  }

  @Test(
    "Durations have units, and a bare number is seconds",
    arguments: [
      ("86400", 86_400), ("3600s", 3600), ("60m", 3600), ("24h", 86_400), ("1d", 86_400), ("7d", 604_800),
      ("60000ms", 60),
    ])
  func durations(written: String, seconds: Int) throws {
    #expect(try profile("lifetime: 86400s", "lifetime: \(written)").ike.lifetimeSeconds == seconds)
  }

  @Test(
    "Numbers of bytes have binary and decimal units",
    arguments: [
      ("64GiB", UInt64(64) << 30), ("500MB", 500_000_000), ("16MiB", 1 << 24), ("20000000", 20_000_000),
      ("1 TiB", 1 << 40),
    ])
  func bytes(written: String, count: UInt64) throws {
    #expect(try profile("64GiB", written).ipsec.lifetimeBytes == count)
  }

  @Test(
    "Numbers beyond any integer are refused",
    arguments: ["99999999999999999999s", "9223372036854775807d", "9223372036854775807h"])
  func overflow(written: String) {
    #expect(throws: ValidationFailure.self) { try profile("lifetime: 86400s", "lifetime: \(written)") }
    #expect(throws: ValidationFailure.self) { try profile("64GiB", "9223372036854775807TiB") }
  }

  @Test("PFS can be off, and a lifetime can be a time alone")
  func pfsAndLifetime() throws {
    #expect(try profile("pfs: ecp384", "pfs: none").ipsec.pfs.isEmpty)
    #expect(try profile("pfs: ecp384", "pfs: [x25519, 14]").ipsec.pfs == ["x25519", "modp2048"])
    let ipsec = try profile("{ time: 3600s, bytes: 64GiB }", "8h").ipsec
    #expect(ipsec.lifetimeSeconds == 28_800)
    #expect(ipsec.lifetimeBytes == nil)
  }

  @Test("Post-quantum key exchange is off, preferred or required, with ML-KEM-768 unless others are named")
  func postQuantum() throws {
    #expect(try profile("prf: [sha384]", "prf: [sha384]").ike.postQuantum == nil)
    #expect(try profile("prf: [sha384]", "postQuantum: off").ike.postQuantum == nil)
    #expect(
      try profile("prf: [sha384]", "postQuantum: prefer").ike.postQuantum
        == PostQuantumProfile(additionalKeyExchanges: ["mlkem768"], isRequired: false))
    #expect(
      try profile("prf: [sha384]", "postQuantum: require\n      additionalKeyExchanges: [ML-KEM-1024, 36]").ike
        .postQuantum == PostQuantumProfile(additionalKeyExchanges: ["mlkem1024", "mlkem768"], isRequired: true))
  }

  @Test("Dead peer detection can be off")
  func dpd() throws {
    #expect(try profile("interval: 10s", "interval: 0s").ike.dpdSeconds == 0)
    #expect(try profile("interval: 10s", "interval: 1500ms").ike.dpdSeconds == 1.5)
  }

  @Test("What a profile leaves out is strong")
  func defaults() throws {
    let text = try #require(Examples.all["full-mesh.yaml"])
    let link = try #require(try TopologyDocument.parse(text, file: "f").links.first)
    #expect(link.ike.encryption.first == "aes256gcm16")
    #expect(link.ike.dhGroups.first == "ecp384")
    #expect(link.ipsec.encryption == ["aes256gcm16"])
    #expect(link.ipsec.pfs == ["ecp384"])
    #expect(link.ipsec.extendedSequenceNumbers)
    #expect(link.encapsulation == .udp)
  }

  @Test(
    "A good pre-shared key is taken as a text, as hexadecimal and as base64",
    arguments: [
      ("v8Qe2LrT6yUw9ZpA3mNc", Array("v8Qe2LrT6yUw9ZpA3mNc".utf8)),
      ("0x00112233445566778899aabbccddeeff1032547698badcfe", nil),
      ("0sUb0kQ1aGq4iAzv8b4lYtI3lEmz5UE1uLqvP2w1d2X0M=", nil),
    ])
  func presharedKeys(written: String, bytes: [UInt8]?) throws {
    let links = "  links: [{ between: [hq, berlin], psk: \"\(written)\" }]\n  tunnels:"
    let text = try #require(BaseTopology.replacing([("  tunnels:", links)]))
    let topology = try TopologyDocument.parse(text, file: "f")
    let link = try #require(topology.links.first { $0.sites == SitePair("hq", "berlin") })
    guard case .presharedKey(let key?) = link.authentication else {
      Issue.record("\(link.authentication)")
      return
    }
    if let bytes { #expect(key.bytes == bytes) } else { #expect([24, 32].contains(key.bytes.count)) }
    #expect(topology.links.first { $0.sites == SitePair("hq", "oslo") }?.authentication == .presharedKey(nil))
  }
}
