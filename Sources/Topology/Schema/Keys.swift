enum DocumentKey: String, TopologyKey {
  case apiVersion, kind, metadata, profiles, defaults, sites, overlay

  static let subject = "a topology"
  var field: Field {
    switch self {
    case .apiVersion:
      Field(shape: .of(Format.choice(APIVersion.self)), isRequired: true, documentation: "The version of this format.")
    case .kind: Field(shape: .of(Format.choice(DocumentKind.self)), isRequired: true, documentation: "Always Topology.")
    case .metadata:
      Field(shape: .mapping(MetadataKey.self), isRequired: true, documentation: "What the topology is called.")
    case .profiles:
      Field(
        shape: .mapping(ProfilesKey.self),
        documentation: "Named settings of Phase 1 and Phase 2. Default: one strong set.")
    case .defaults:
      Field(shape: .mapping(DefaultsKey.self), documentation: "What holds where a site or link says nothing.")
    case .sites:
      Field(
        shape: .named(.mapping(SiteKey.self)), isRequired: true, documentation: "The places with a gateway, by name.")
    case .overlay:
      Field(shape: .mapping(OverlayKey.self), isRequired: true, documentation: "Which sites are connected, and how.")
    }
  }
}

/// The format's versions.
enum APIVersion: String, CaseIterable { case v1 = "fabric/v1" }
/// The kinds of documents.
enum DocumentKind: String, CaseIterable { case topology = "Topology" }

enum MetadataKey: String, TopologyKey {
  case name, description

  static let subject = "`metadata`"
  var field: Field {
    switch self {
    case .name:
      Field(
        shape: .of(Format.name), isRequired: true,
        documentation: "The topology's name, a DNS label; gateways identify as UPLINK.SITE.NAME.")
    case .description: Field(shape: .of(Format.text), documentation: "For people.")
    }
  }
}

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
  case encryption, integrity, prf, dhGroups, lifetime, dpd

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
    case .lifetime:
      Field(shape: .of(Format.ikeLifetime), documentation: "Time until the IKE SA is rekeyed. Default: 24h.")
    case .dpd: Field(shape: .mapping(DPDKey.self), documentation: "Dead peer detection.")
    }
  }
}

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

enum DefaultsKey: String, TopologyKey {
  case ike, ipsec, authentication, encapsulation

  static let subject = "`defaults`"
  var field: Field {
    switch self {
    case .ike: Field(shape: .of(Format.name), documentation: "The IKE profile. Default: the only one, or a strong one.")
    case .ipsec:
      Field(shape: .of(Format.name), documentation: "The IPsec profile. Default: the only one, or a strong one.")
    case .authentication:
      Field(shape: .of(Format.authentication), documentation: "How gateways prove who they are: psk.")
    case .encapsulation:
      Field(
        shape: .of(Format.choice(Encapsulation.self)),
        documentation: "How ESP travels: udp (port 4500), esp (protocol 50) or auto. Default: udp.")
    }
  }
}

enum SiteKey: String, TopologyKey {
  case role, managed, identity, loopback, lans, uplinks, ike, ipsec

  static let subject = "a site"
  var field: Field {
    switch self {
    case .role: Field(shape: .of(Format.choice(Site.Role.self)), documentation: "hub or spoke. Default: spoke.")
    case .managed:
      Field(
        shape: .of(Format.boolean),
        documentation: "Whether Fabric runs there; false for a third party's gateway. Default: true.")
    case .identity:
      Field(
        shape: .of(Format.identity),
        documentation: "What a third party's gateway calls itself in IKE: an FQDN or address. Default: its address.")
    case .loopback:
      Field(
        shape: .listOrSingle(.of(Format.address)),
        documentation: "Addresses of the gateway itself; unnumbered tunnels borrow them.")
    case .lans:
      Field(shape: .list(.mapping(LANKey.self)), documentation: "The networks behind the gateway. Default: none.")
    case .uplinks: Field(shape: .list(.mapping(UplinkKey.self)), isRequired: true, documentation: "The ISP lines.")
    case .ike: Field(shape: .of(Format.name), documentation: "The site's IKE profile, where it is not the default.")
    case .ipsec: Field(shape: .of(Format.name), documentation: "The site's IPsec profile, where it is not the default.")
    }
  }
}

enum LANKey: String, TopologyKey {
  case interface, address

  static let subject = "a LAN"
  var field: Field {
    switch self {
    case .interface: Field(shape: .of(Format.interface), isRequired: true, documentation: "The gateway's interface.")
    case .address:
      Field(
        shape: .listOrSingle(.of(Format.interfaceAddress)), isRequired: true,
        documentation: "The gateway's own address there with its prefix length; a list for IPv4 and IPv6.")
    }
  }
}

enum UplinkKey: String, TopologyKey {
  case name, interface, address, gateway, behindNAT, priority, mtu

  static let subject = "an uplink"
  var field: Field {
    switch self {
    case .name: Field(shape: .of(Format.name), isRequired: true, documentation: "The line's name, once per site.")
    case .interface:
      Field(
        shape: .of(Format.interface), documentation: "The gateway's interface; needed unless a third party manages it.")
    case .address:
      Field(
        shape: .either(.of(Format.interfaceAddress), .of(Format.dhcp)), isRequired: true,
        documentation: "A fixed address with its prefix length, or dhcp.")
    case .gateway: Field(shape: .of(Format.address), documentation: "The ISP's router; needed with a fixed address.")
    case .behindNAT:
      Field(
        shape: .of(Format.boolean),
        documentation:
          "Whether the ISP translates addresses, so that only this end can open a conversation. Default: false.")
    case .priority: Field(shape: .of(Format.priority), documentation: "1 is preferred over 2. Default: 1.")
    case .mtu:
      Field(shape: .of(Format.mtu), documentation: "The largest packet that the line carries, in bytes. Default: 1500.")
    }
  }
}

enum OverlayKey: String, TopologyKey {
  case shape, links, tunnels, routing

  static let subject = "`overlay`"
  var field: Field {
    switch self {
    case .shape:
      Field(
        shape: .of(Format.choice(OverlayShape.self)), isRequired: true,
        documentation:
          "hub-and-spoke: spokes to all hubs, hubs to each other; full-mesh: all to all; custom: the links listed.")
    case .links:
      Field(
        shape: .list(.mapping(LinkKey.self)),
        documentation: "With custom, all links; else settings of single links that differ from the defaults.")
    case .tunnels:
      Field(
        shape: .mapping(TunnelsKey.self), documentation: "How tunnel interfaces are addressed. Default: unnumbered.")
    case .routing: Field(shape: .mapping(RoutingKey.self), documentation: "How routes are learned. Default: static.")
    }
  }
}

/// Which sites an overlay links.
enum OverlayShape: String, CaseIterable {
  case hubAndSpoke = "hub-and-spoke"
  case fullMesh = "full-mesh"
  case custom
}

enum LinkKey: String, TopologyKey {
  case between, ike, ipsec, psk, encapsulation

  static let subject = "a link"
  var field: Field {
    switch self {
    case .between: Field(shape: .list(.of(Format.name)), isRequired: true, documentation: "The two sites.")
    case .ike: Field(shape: .of(Format.name), documentation: "The IKE profile of both ends.")
    case .ipsec: Field(shape: .of(Format.name), documentation: "The IPsec profile of both ends.")
    case .psk:
      Field(
        shape: .of(Format.text),
        documentation: "The pre-shared key: a text, 0x and hexadecimal, or 0s and base64. Default: 256 random bits.")
    case .encapsulation:
      Field(shape: .of(Format.choice(Encapsulation.self)), documentation: "How ESP travels on this link.")
    }
  }
}

enum TunnelsKey: String, TopologyKey {
  case addressing, pool

  static let subject = "`tunnels`"
  var field: Field {
    switch self {
    case .addressing:
      Field(shape: .of(Format.choice(TunnelAddressingName.self)), documentation: "unnumbered or numbered.")
    case .pool:
      Field(shape: .of(Format.prefix), documentation: "Where numbered tunnels get their /30 (IPv6: /126) from.")
    }
  }
}

/// How tunnel interfaces can be addressed.
enum TunnelAddressingName: String, CaseIterable { case unnumbered, numbered }

enum RoutingKey: String, TopologyKey {
  case `protocol`, area, autonomousSystem, bfd

  static let subject = "`routing`"
  var field: Field {
    switch self {
    case .protocol:
      Field(shape: .of(Format.routingProtocol), isRequired: true, documentation: "static, ospf or eigrp.")
    case .area: Field(shape: .of(Format.area), documentation: "The OSPF area, a number or dotted. Default: 0.")
    case .autonomousSystem:
      Field(shape: .of(Format.autonomousSystem), documentation: "The EIGRP autonomous system; needed with eigrp.")
    case .bfd: Field(shape: .mapping(BFDKey.self), documentation: "BFD on every tunnel, with ospf. Default: none.")
    }
  }
}

enum BFDKey: String, TopologyKey {
  case interval, multiplier

  static let subject = "`bfd`"
  var field: Field {
    switch self {
    case .interval:
      Field(shape: .of(Format.bfdInterval), documentation: "Time between control packets. Default: 300ms.")
    case .multiplier:
      Field(shape: .of(Format.bfdMultiplier), documentation: "Packets missed until the tunnel is dead. Default: 3.")
    }
  }
}
