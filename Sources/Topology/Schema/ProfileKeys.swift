enum ProfilesKey: String, TopologyKey {
  case ike, ipsec

  static let subject = "`profiles`"
  var field: Field {
    switch self {
    case .ike: Field(shape: .named(.mapping(IKEProfileKey.self)), documentation: "Phase 1 (IKE SA) profiles, by name.")
    case .ipsec:
      Field(shape: .named(.mapping(IPsecProfileKey.self)), documentation: "Phase 2 (Child SA) profiles, by name.")
    }
  }
}

enum IKEProfileKey: String, TopologyKey {
  case encryption, integrity, prf, dhGroups, postQuantum, additionalKeyExchanges, ppk, lifetime, dpd

  static let subject = "an IKE profile"
  var field: Field {
    switch self {
    case .encryption:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.encryption.format)),
        documentation: "Ciphers in order of preference. Default: aes256gcm16, aes256.")
    case .integrity:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.integrity.format)),
        documentation: "Integrity for the ciphers that are no AEAD, in order of preference. Default: sha256.")
    case .prf:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.prf.format)),
        documentation: "Pseudorandom functions in order of preference. Default: sha384, sha256.")
    case .dhGroups:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.dhGroups.format)),
        documentation:
          "Key exchange methods by name or group number, in order of preference. Default: ecp384, x25519, modp3072.")
    case .postQuantum:
      Field(
        shape: .of(Format.choice(PostQuantumMode.self)),
        documentation:
          "ML-KEM behind every Diffie-Hellman exchange of both phases: prefer does without where the peer has none, "
          + "require refuses such a peer. Default: off.")
    case .additionalKeyExchanges:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.additionalKeyExchanges.format)),
        documentation: "The key exchanges of postQuantum, one after the other. Default: mlkem768.")
    case .ppk:
      Field(
        shape: .of(Format.choice(PostQuantumMode.self)),
        documentation:
          "A post-quantum preshared key (RFC 8784) for every link, mixed into the keys beside whatever authenticates; the "
          + "controller makes them. Default: off.")
    case .lifetime:
      Field(shape: .of(Format.ikeLifetime), documentation: "Time until the IKE SA is rekeyed. Default: 24h.")
    case .dpd: Field(shape: .mapping(DPDKey.self), documentation: "Dead peer detection.")
    }
  }
}

/// What becomes of a peer that has no post-quantum key exchange, or not our post-quantum preshared key.
enum PostQuantumMode: String, CaseIterable { case off, prefer, require }

enum DPDKey: String, TopologyKey {
  case interval

  static let subject = "`dpd`"
  var field: Field {
    Field(
      shape: .of(Format.dpdInterval),
      documentation: "Silence after which the peer is asked whether it lives; 0s never asks. Default: 10s.")
  }
}

enum IPsecProfileKey: String, TopologyKey {
  case transformSet, pfs, lifetime, replayWindow

  static let subject = "an IPsec profile"
  var field: Field {
    switch self {
    case .transformSet: Field(shape: .mapping(TransformSetKey.self), documentation: "How packets are protected.")
    case .pfs:
      Field(
        shape: .either(.listOrSingle(.of(AlgorithmVocabulary.dhGroups.format)), .of(Format.pfsOff)),
        documentation: "Key exchange methods for perfect forward secrecy, or none. Default: ecp384.")
    case .lifetime:
      Field(
        shape: .either(.of(Format.ipsecLifetime), .mapping(LifetimeKey.self)),
        documentation: "When the Child SA is rekeyed: a time, or a time and a number of bytes. Default: 1h and 64GiB.")
    case .replayWindow:
      Field(shape: .of(Format.replayWindow), documentation: "Packets that the anti-replay window spans. Default: 1024.")
    }
  }
}

enum TransformSetKey: String, TopologyKey {
  case encryption, integrity, mode, esn

  static let subject = "a transform set"
  var field: Field {
    switch self {
    case .encryption:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.encryption.format)),
        documentation: "Ciphers in order of preference. Default: aes256gcm16.")
    case .integrity:
      Field(
        shape: .listOrSingle(.of(AlgorithmVocabulary.integrity.format)),
        documentation: "Integrity for the ciphers that are no AEAD. Default: sha256.")
    case .mode: Field(shape: .of(Format.choice(ESPMode.self)), documentation: "Always tunnel.")
    case .esn: Field(shape: .of(Format.boolean), documentation: "64-bit extended sequence numbers. Default: true.")
    }
  }
}

/// The modes of ESP that a VTI can use.
enum ESPMode: String, CaseIterable { case tunnel }

enum LifetimeKey: String, TopologyKey {
  case time, bytes

  static let subject = "`lifetime`"
  var field: Field {
    switch self {
    case .time:
      Field(shape: .of(Format.ipsecLifetime), documentation: "Time until the Child SA is rekeyed. Default: 1h.")
    case .bytes:
      Field(
        shape: .of(Format.byteCount),
        documentation: "Bytes until the Child SA is rekeyed. Default: no limit when only a time is given.")
    }
  }
}
