import WireFormat

extension DocumentReader {
  /// A site.
  mutating func site(_ name: Located<String>, _ node: YAMLNode) -> SiteDraft? {
    guard let record = record(node, SiteKey.self) else { return nil }
    if case .sequence(let items) = record[.uplinks]?.content, items.isEmpty {
      report(
        record[.uplinks]?.position ?? record.position, "the site `\(name.value)` has no uplink", "list at least one")
    }
    let isManaged = scalar(record[.managed], Format.boolean)?.value ?? true
    return SiteDraft(
      name: name, role: record[.role] == nil ? .spoke : scalar(record[.role], Format.choice(Site.Role.self))?.value,
      drained: scalar(record[.drained], Format.boolean), isManaged: isManaged,
      identity: scalar(record[.identity], Format.identity),
      authentication: scalar(record[.authentication], Format.choice(AuthenticationName.self)),
      authorities: scalars(record[.authorities], Format.certificate),
      loopbacks: scalars(record[.loopback], Format.address),
      lans: list(record[.lans], of: "LANs") { reader, item in reader.lan(item) },
      uplinks: list(record[.uplinks], of: "uplinks") { reader, item in reader.uplink(item, isManaged: isManaged) },
      area: scalar(record[.area], Format.area),
      ike: scalar(record[.ike], Format.name), ipsec: scalar(record[.ipsec], Format.name))
  }

  private mutating func lan(_ node: YAMLNode) -> LANDraft? {
    guard let record = record(node, LANKey.self) else { return nil }
    return LANDraft(
      interface: scalar(record[.interface], Format.interface),
      addresses: scalars(record[.address], Format.interfaceAddress) ?? [])
  }

  private mutating func uplink(_ node: YAMLNode, isManaged: Bool) -> UplinkDraft? {
    guard let record = record(node, UplinkKey.self) else { return nil }
    return UplinkDraft(
      position: record.position, name: scalar(record[.name], Format.name),
      interface: scalar(record[.interface], Format.interface), address: address(record[.address], isManaged: isManaged),
      gateway: scalar(record[.gateway], Format.address),
      behindNAT: scalar(record[.behindNAT], Format.boolean)?.value ?? false,
      priority: scalar(record[.priority], Format.priority)?.value ?? 1,
      weight: scalar(record[.weight], Format.weight), mtu: scalar(record[.mtu], Format.mtu),
      rate: scalar(record[.rate], Format.bitRate)?.value)
  }

  /// An uplink's address: `dhcp`, or a fixed one. Of a third party's gateway the bare address is enough.
  private mutating func address(_ node: YAMLNode?, isManaged: Bool) -> Located<UplinkDraft.Address>? {
    if case .scalar(let text, _) = node?.content, let position = node?.position {
      if case .success = Format.dhcp.read(text.lowercased()) { return Located(value: .dhcp, position: position) }
      if !isManaged, case .success(let host) = Format.address.read(text),
        let address = InterfaceAddress(host, length: host.family.bitWidth)
      {
        return Located(value: .fixed(address), position: position)
      }
    }
    return scalar(node, Format.interfaceAddress)?.map { .fixed($0) }
  }
}
