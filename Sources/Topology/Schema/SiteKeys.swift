enum SiteKey: String, TopologyKey {
  case role, drained, managed, identity, authentication, authorities, loopback, lans, uplinks, area, ike, ipsec

  static let subject = "a site"
  var field: Field {
    switch self {
    case .role: Field(shape: .of(Format.choice(Site.Role.self)), documentation: "hub or spoke. Default: spoke.")
    case .drained:
      Field(
        shape: .of(Format.boolean),
        documentation: "Whether other sites' traffic goes by another hub, as before maintenance. Default: false.")
    case .managed:
      Field(
        shape: .of(Format.boolean),
        documentation: "Whether Fabric runs there; false for a third party's gateway. Default: true.")
    case .identity:
      Field(
        shape: .of(Format.identity),
        documentation: "What a third party's gateway calls itself in IKE: an FQDN or address. Default: its address.")
    case .authentication:
      Field(
        shape: .of(Format.choice(AuthenticationName.self)),
        documentation: "How the site's links authenticate, where it is not the default: psk or certificate.")
    case .authorities:
      Field(
        shape: .listOrSingle(.of(Format.certificate)),
        documentation: "The certificates, in PEM, of the authorities that a third party's gateway is certified by.")
    case .loopback:
      Field(
        shape: .listOrSingle(.of(Format.address)),
        documentation: "Addresses of the gateway itself; unnumbered tunnels borrow them.")
    case .lans:
      Field(shape: .list(.mapping(LANKey.self)), documentation: "The networks behind the gateway. Default: none.")
    case .uplinks: Field(shape: .list(.mapping(UplinkKey.self)), isRequired: true, documentation: "The ISP lines.")
    case .area:
      Field(
        shape: .of(Format.area),
        documentation: "The site's OSPF area; tunnels to the backbone belong to it. Default: the overlay's.")
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
  case name, interface, address, gateway, behindNAT, priority, weight, mtu, rate

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
    case .weight:
      Field(
        shape: .of(Format.weight),
        documentation:
          "How much of the traffic it takes beside the site's other uplinks of its priority, whole flows at a time. Default: 1."
      )
    case .mtu:
      Field(shape: .of(Format.mtu), documentation: "The largest packet that the line carries, in bytes. Default: 1500.")
    case .rate:
      Field(
        shape: .of(Format.bitRate),
        documentation:
          "What the ISP takes from us, such as 20Mbit: packets wait here instead, by `overlay.classes`. Default: no limit."
      )
    }
  }
}
