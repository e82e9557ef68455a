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

enum DefaultsKey: String, TopologyKey {
  case ike, ipsec, authentication, encapsulation

  static let subject = "`defaults`"
  var field: Field {
    switch self {
    case .ike: Field(shape: .of(Format.name), documentation: "The IKE profile. Default: the only one, or a strong one.")
    case .ipsec:
      Field(shape: .of(Format.name), documentation: "The IPsec profile. Default: the only one, or a strong one.")
    case .authentication:
      Field(
        shape: .of(Format.choice(AuthenticationName.self)),
        documentation: "How gateways prove who they are: psk or certificate. Default: psk.")
    case .encapsulation:
      Field(
        shape: .of(Format.choice(Encapsulation.self)),
        documentation: "How ESP travels: udp (port 4500), esp (protocol 50) or auto. Default: udp.")
    }
  }
}
