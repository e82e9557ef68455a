import WireFormat

/// A topology as it was written, each value with its place, before anything was compared or filled in.
struct Draft {
  var name: Located<String>?
  var ikeProfiles: [String: IKEProfile] = [:]
  var ipsecProfiles: [String: IPsecProfile] = [:]
  var profilesPosition: Position?
  var defaultIKE: Located<String>?
  var defaultIPsec: Located<String>?
  var authentication: AuthenticationName = .psk
  var encapsulation: Encapsulation = .udp
  var sitesPosition: Position?
  var sites: [SiteDraft] = []
  var overlay: OverlayDraft?
}

struct SiteDraft {
  var name: Located<String>
  /// Nil where it cannot be read.
  var role: Site.Role?
  var drained: Located<Bool>?
  var isManaged: Bool
  var identity: Located<String>?
  var authentication: Located<AuthenticationName>?
  /// Nil where the file has none; empty where they cannot be read.
  var authorities: [Located<[UInt8]>]?
  /// Nil where the file has none; empty where it cannot be read.
  var loopbacks: [Located<IPAddress>]?
  var lans: [LANDraft]
  var uplinks: [UplinkDraft]
  var area: Located<String>?
  var ike: Located<String>?
  var ipsec: Located<String>?

  /// The site's networks, each where it is written.
  var networks: [Located<IPPrefix>] {
    lans.flatMap { $0.addresses.map { $0.map(\.prefix) } } + (loopbacks ?? []).map { $0.map(IPPrefix.init(host:)) }
  }
}

struct LANDraft {
  var interface: Located<String>?
  var addresses: [Located<InterfaceAddress>]
}

struct UplinkDraft {
  enum Address: Equatable {
    case fixed(InterfaceAddress)
    case dhcp
  }

  var position: Position
  var name: Located<String>?
  var interface: Located<String>?
  var address: Located<Address>?
  var gateway: Located<IPAddress>?
  var behindNAT: Bool
  var priority: Int
  var weight: Located<Int>?
  var mtu: Located<Int>?
  var rate: Int?

  /// The line's own address, if it is fixed.
  var fixedAddress: Located<InterfaceAddress>? {
    guard let address, case .fixed(let interface) = address.value else { return nil }
    return Located(value: interface, position: address.position)
  }

  /// The family of the line's packets; a leased address is IPv4.
  var family: IPAddress.Family { fixedAddress?.value.address.family ?? .v4 }

  /// Whether a peer that knows the topology can open a conversation with the line.
  var isReachable: Bool { fixedAddress != nil && !behindNAT }
}

struct OverlayDraft {
  var position: Position
  var shape: Located<OverlayShape>?
  var links: [LinkDraft]
  var shortcuts: Located<Milliseconds>?
  var tunnelsPosition: Position?
  var addressing: Located<TunnelAddressingName>?
  var pool: Located<IPPrefix>?
  var measurementInterval: Milliseconds?
  var liveness: LivenessSetting
  var serviceLevel: ServiceLevelLimits?
  var classes: [TrafficClassDraft]
  var routing: RoutingDraft?
}

struct TrafficClassDraft {
  var name: Located<String>
  var codePoints: [Located<UInt8>]
  var share: Located<Int>
  var duplicated: Located<Bool>?
  var serviceLevel: Located<ServiceLevelLimits>?
}

struct LinkDraft {
  var position: Position
  var between: [Located<String>]
  var ike: Located<String>?
  var ipsec: Located<String>?
  var authentication: Located<AuthenticationName>?
  var psk: Located<String>?
  var postQuantumKey: Located<(identity: String, key: String)>?
  var encapsulation: Encapsulation?
  var selectors: Located<LinkSelectors>?
  var bgp: BGPDraft?

  /// The pair, if two different sites are named.
  var pair: SitePair? {
    guard between.count == 2, between[0].value != between[1].value else { return nil }
    return SitePair(between[0].value, between[1].value)
  }
}

struct BGPDraft {
  var position: Position
  var autonomousSystem: Located<Int>?
  var address: Located<InterfaceAddress>?
  /// Whether there is one at all, be it readable or not.
  var hasAddress: Bool
  var password: String?
  var maximumPrefixes: Int
  var communities: [String]
  var summaries: [Located<IPPrefix>]
}

struct RoutingDraft {
  var position: Position
  var routingProtocol: Located<RoutingProtocolName>?
  var area: Located<String>?
  var areas: [AreaDraft]
  var authentication: Located<RoutingAuthenticationName>?
  var autonomousSystem: Located<Int>?
  /// Whether there is one at all, be it readable or not.
  var hasAutonomousSystem: Bool
  var bfd: Located<RoutingConfiguration.BFD>?
}

struct AreaDraft {
  var position: Position
  var area: Located<String>?
  var summaries: [Located<IPPrefix>]
  /// Where the area is made a stub.
  var stub: Located<Bool>?
}
