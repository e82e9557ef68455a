enum OverlayKey: String, TopologyKey {
  case shape, links, shortcuts, tunnels, routing, classes

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
    case .shortcuts:
      Field(
        shape: .mapping(ShortcutsKey.self),
        documentation: "Tunnels between spokes that come up while their networks exchange traffic. Default: none.")
    case .tunnels:
      Field(
        shape: .mapping(TunnelsKey.self), documentation: "How tunnel interfaces are addressed. Default: unnumbered.")
    case .routing: Field(shape: .mapping(RoutingKey.self), documentation: "How routes are learned. Default: static.")
    case .classes:
      Field(
        shape: .named(.mapping(TrafficClassKey.self)),
        documentation: "Traffic that has a share of every uplink with a `rate`, the most urgent first. Default: none.")
    }
  }
}

enum TrafficClassKey: String, TopologyKey {
  case dscp, share, duplicated, serviceLevel

  static let subject = "a traffic class"
  var field: Field {
    switch self {
    case .dscp:
      Field(
        shape: .listOrSingle(.of(Format.dscp)), isRequired: true,
        documentation: "The code points of its packets, such as ef, af31 or 46.")
    case .share:
      Field(
        shape: .of(Format.share), isRequired: true,
        documentation: "What it has of the rate at least, such as 30%; it may use what others leave.")
    case .duplicated:
      Field(
        shape: .of(Format.boolean),
        documentation:
          "Whether each packet is sent by two tunnels over different uplinks, so that none is lost when a line dies. "
          + "Default: false.")
    case .serviceLevel:
      Field(
        shape: .mapping(ServiceLevelKey.self),
        documentation:
          "What a tunnel must be like to carry the class while another one to the same site is, whatever other traffic "
          + "does. Default: nothing.")
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
  case between, ike, ipsec, authentication, psk, ppk, encapsulation, selectors, bgp

  static let subject = "a link"
  var field: Field {
    switch self {
    case .between: Field(shape: .list(.of(Format.name)), isRequired: true, documentation: "The two sites.")
    case .ike: Field(shape: .of(Format.name), documentation: "The IKE profile of both ends.")
    case .ipsec: Field(shape: .of(Format.name), documentation: "The IPsec profile of both ends.")
    case .authentication:
      Field(
        shape: .of(Format.choice(AuthenticationName.self)),
        documentation: "How the two ends prove who they are: psk or certificate.")
    case .psk:
      Field(
        shape: .of(Format.text),
        documentation: "The pre-shared key: a text, 0x and hexadecimal, or 0s and base64. Default: 256 random bits.")
    case .ppk:
      Field(
        shape: .mapping(PostQuantumKeyKey.self),
        documentation: "The post-quantum preshared key of a third party; else the controller makes it.")
    case .encapsulation:
      Field(shape: .of(Format.choice(Encapsulation.self)), documentation: "How ESP travels on this link.")
    case .selectors:
      Field(
        shape: .of(Format.choice(LinkSelectors.self)),
        documentation:
          "Which traffic a third party's gateway is asked to take: any (the default), or only the two sites' lans.")
    case .bgp:
      Field(
        shape: .mapping(BGPKey.self),
        documentation: "External BGP with the third party's gateway of this link; needs `protocol: bgp`.")
    }
  }
}

enum BGPKey: String, TopologyKey {
  case autonomousSystem, address, password, maximumPrefixes, communities, summaries

  static let subject = "`bgp` of a link"
  var field: Field {
    switch self {
    case .autonomousSystem:
      Field(
        shape: .of(Format.autonomousSystem), isRequired: true, documentation: "The third party's autonomous system.")
    case .address:
      Field(
        shape: .of(Format.tunnelAddress),
        documentation:
          "Our address in the tunnel, in a /30 or /31 whose other address is the third party's. Default: of the pool.")
    case .password:
      Field(
        shape: .of(Format.bgpPassword), documentation: "The key of TCP's MD5 signature, if the third party asks for it."
      )
    case .maximumPrefixes:
      Field(
        shape: .of(Format.maximumPrefixes),
        documentation: "The session ends when the third party announces more networks. Default: 100.")
    case .communities:
      Field(
        shape: .listOrSingle(.of(Format.community)),
        documentation: "What our announcements are marked with, such as 65000:100.")
    case .summaries:
      Field(
        shape: .listOrSingle(.of(Format.prefix)),
        documentation: "Networks that are announced to the third party in place of those in them. Default: none.")
    }
  }
}

enum PostQuantumKeyKey: String, TopologyKey {
  case identity, key

  static let subject = "`ppk` of a link"
  var field: Field {
    switch self {
    case .identity:
      Field(
        shape: .of(Format.text), isRequired: true, documentation: "What both ends know the key by (PPK_ID_FIXED).")
    case .key:
      Field(
        shape: .of(Format.text), isRequired: true,
        documentation: "The key: a text, 0x and hexadecimal, or 0s and base64; at least 32 bytes.")
    }
  }
}

enum ShortcutsKey: String, TopologyKey {
  case idle

  static let subject = "`shortcuts`"
  var field: Field {
    switch self {
    case .idle:
      Field(
        shape: .of(Format.shortcutIdle), isRequired: true,
        documentation: "How long a shortcut stays after the last packet between the two spokes' networks.")
    }
  }
}

enum TunnelsKey: String, TopologyKey {
  case addressing, pool, measurementInterval, liveness, serviceLevel

  static let subject = "`tunnels`"
  var field: Field {
    switch self {
    case .addressing:
      Field(shape: .of(Format.choice(TunnelAddressingName.self)), documentation: "unnumbered or numbered.")
    case .pool:
      Field(shape: .of(Format.prefix), documentation: "Where numbered tunnels get their /30 (IPv6: /126) from.")
    case .measurementInterval:
      Field(
        shape: .of(Format.measurementInterval),
        documentation: "How often latency and loss of each tunnel are measured; 0 for never. Default: 1s.")
    case .liveness:
      Field(
        shape: .either(.mapping(LivenessKey.self), .of(Format.livenessOff)),
        documentation:
          "Tests inside of the tunnels that tell whether they carry packets, or none. Default: 50ms and 3, where traffic "
          + "has another tunnel to go by.")
    case .serviceLevel:
      Field(
        shape: .mapping(ServiceLevelKey.self),
        documentation:
          "What a tunnel must be like to carry traffic while another one to the same site is. Default: nothing; with it, "
          + "tunnels are tested fifty times a second.")
    }
  }
}

enum LivenessKey: String, TopologyKey {
  case interval, multiplier

  static let subject = "`liveness`"
  var field: Field {
    switch self {
    case .interval:
      Field(shape: .of(Format.livenessInterval), documentation: "Time between tests. Default: 50ms.")
    case .multiplier:
      Field(
        shape: .of(Format.livenessMultiplier),
        documentation: "Tests in a row without an answer until the tunnel is dead. Default: 3.")
    }
  }
}

enum ServiceLevelKey: String, TopologyKey {
  case loss, latency, jitter, hold

  static let subject = "`serviceLevel`"
  var field: Field {
    switch self {
    case .loss: Field(shape: .of(Format.percentage), documentation: "The largest loss, such as 2%. Default: any.")
    case .latency:
      Field(shape: .of(Format.latency), documentation: "The longest mean round trip, such as 150ms. Default: any.")
    case .jitter:
      Field(
        shape: .of(Format.latency),
        documentation: "The largest mean difference between round trips, such as 30ms. Default: any.")
    case .hold:
      Field(
        shape: .of(Format.holdTime),
        documentation: "For how long a tunnel must have been good again before it is taken back. Default: 30s.")
    }
  }
}

/// How tunnel interfaces can be addressed.
enum TunnelAddressingName: String, CaseIterable { case unnumbered, numbered }

enum RoutingKey: String, TopologyKey {
  case `protocol`, area, areas, authentication, autonomousSystem, bfd

  static let subject = "`routing`"
  var field: Field {
    switch self {
    case .protocol:
      Field(
        shape: .of(Format.choice(RoutingProtocolName.self)), isRequired: true,
        documentation: "static, ospf, bgp or eigrp.")
    case .area: Field(shape: .of(Format.area), documentation: "The OSPF area, a number or dotted. Default: 0.")
    case .areas:
      Field(
        shape: .list(.mapping(AreaKey.self)),
        documentation: "Settings of OSPF areas: what other areas hear of them, and which are stubs. Default: none.")
    case .authentication:
      Field(
        shape: .of(Format.choice(RoutingAuthenticationName.self)),
        documentation:
          "md5: OSPF's packets carry a digest by a key that the controller makes for each pair of sites. Default: none."
      )
    case .autonomousSystem:
      Field(
        shape: .of(Format.autonomousSystem),
        documentation: "The autonomous system of the overlay; needed with bgp and eigrp.")
    case .bfd:
      Field(shape: .mapping(BFDKey.self), documentation: "BFD on every tunnel, with ospf or bgp. Default: none.")
    }
  }
}

enum AreaKey: String, TopologyKey {
  case area, summaries, stub

  static let subject = "an OSPF area"
  var field: Field {
    switch self {
    case .area: Field(shape: .of(Format.area), isRequired: true, documentation: "The area, a number or dotted.")
    case .summaries:
      Field(
        shape: .listOrSingle(.of(Format.prefix)),
        documentation: "Networks that other areas hear of in place of the area's own in them. Default: none.")
    case .stub:
      Field(
        shape: .of(Format.boolean),
        documentation: "Whether OSPF tells the area nothing of third parties' networks. Default: false.")
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
