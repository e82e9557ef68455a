extension DocumentReader {
  /// The overlay.
  mutating func overlay(_ node: YAMLNode?) -> OverlayDraft? {
    guard let record = record(node, OverlayKey.self) else { return nil }
    let tunnels = self.record(record[.tunnels], TunnelsKey.self)
    return OverlayDraft(
      position: record.position, shape: scalar(record[.shape], Format.choice(OverlayShape.self)),
      links: list(record[.links], of: "links") { reader, item in reader.link(item) },
      shortcuts: shortcuts(record[.shortcuts]), tunnelsPosition: tunnels?.position,
      addressing: scalar(tunnels?[.addressing], Format.choice(TunnelAddressingName.self)),
      pool: scalar(tunnels?[.pool], Format.prefix),
      measurementInterval: scalar(tunnels?[.measurementInterval], Format.measurementInterval)?.value,
      liveness: liveness(tunnels?[.liveness]), serviceLevel: serviceLevel(tunnels?[.serviceLevel]),
      classes: named(record[.classes], "the classes") { reader, name, node in reader.trafficClass(name, node) }
        .map(\.value),
      routing: routing(record[.routing]))
  }

  private mutating func shortcuts(_ node: YAMLNode?) -> Located<Milliseconds>? {
    guard let record = record(node, ShortcutsKey.self), let idle = scalar(record[.idle], Format.shortcutIdle) else {
      return nil
    }
    return Located(value: idle.value, position: record.position)
  }

  private mutating func trafficClass(_ name: Located<String>, _ node: YAMLNode) -> TrafficClassDraft? {
    guard let record = record(node, TrafficClassKey.self), let codePoints = scalars(record[.dscp], Format.dscp),
      let share = scalar(record[.share], Format.share)
    else { return nil }
    return TrafficClassDraft(
      name: name, codePoints: codePoints, share: share, duplicated: scalar(record[.duplicated], Format.boolean),
      serviceLevel: located(serviceLevel(record[.serviceLevel]), at: record[.serviceLevel]))
  }

  private func located<Value>(_ value: Value?, at node: YAMLNode?) -> Located<Value>? {
    guard let value, let node else { return nil }
    return Located(value: value, position: node.position)
  }

  private mutating func link(_ node: YAMLNode) -> LinkDraft? {
    guard let record = record(node, LinkKey.self) else { return nil }
    return LinkDraft(
      position: record.position,
      between: list(record[.between], of: "two sites") { reader, item in reader.scalar(item, Format.name) },
      ike: scalar(record[.ike], Format.name), ipsec: scalar(record[.ipsec], Format.name),
      authentication: scalar(record[.authentication], Format.choice(AuthenticationName.self)),
      psk: scalar(record[.psk], Format.text), postQuantumKey: postQuantumKey(record[.ppk]),
      encapsulation: scalar(record[.encapsulation], Format.choice(Encapsulation.self))?.value,
      selectors: scalar(record[.selectors], Format.choice(LinkSelectors.self)), bgp: bgp(record[.bgp]))
  }

  private mutating func bgp(_ node: YAMLNode?) -> BGPDraft? {
    guard let record = record(node, BGPKey.self) else { return nil }
    return BGPDraft(
      position: record.position, autonomousSystem: scalar(record[.autonomousSystem], Format.autonomousSystem),
      address: scalar(record[.address], Format.tunnelAddress), hasAddress: record[.address] != nil,
      password: scalar(record[.password], Format.bgpPassword)?.value,
      maximumPrefixes: scalar(record[.maximumPrefixes], Format.maximumPrefixes)?.value ?? 100,
      communities: (scalars(record[.communities], Format.community) ?? []).map(\.value),
      summaries: scalars(record[.summaries], Format.prefix) ?? [])
  }

  private mutating func postQuantumKey(_ node: YAMLNode?) -> Located<(identity: String, key: String)>? {
    guard let record = record(node, PostQuantumKeyKey.self), let identity = scalar(record[.identity], Format.text),
      let key = scalar(record[.key], Format.text)
    else { return nil }
    return Located(value: (identity.value, key.value), position: key.position)
  }

  private mutating func routing(_ node: YAMLNode?) -> RoutingDraft? {
    guard let record = record(node, RoutingKey.self) else { return nil }
    return RoutingDraft(
      position: record.position, routingProtocol: scalar(record[.protocol], Format.choice(RoutingProtocolName.self)),
      area: scalar(record[.area], Format.area),
      areas: list(record[.areas], of: "areas") { reader, item in reader.area(item) },
      authentication: scalar(record[.authentication], Format.choice(RoutingAuthenticationName.self)),
      autonomousSystem: scalar(record[.autonomousSystem], Format.autonomousSystem),
      hasAutonomousSystem: record[.autonomousSystem] != nil, bfd: bfd(record[.bfd]))
  }

  private mutating func area(_ node: YAMLNode) -> AreaDraft? {
    guard let record = record(node, AreaKey.self) else { return nil }
    let stub = scalar(record[.stub], Format.boolean)
    return AreaDraft(
      position: record.position, area: scalar(record[.area], Format.area),
      summaries: scalars(record[.summaries], Format.prefix) ?? [], stub: stub?.value == true ? stub : nil)
  }

  private mutating func liveness(_ node: YAMLNode?) -> LivenessSetting {
    guard let node else { return .automatic }
    if case .scalar(let text, _) = node.content, case .success = Format.livenessOff.read(text) { return .off }
    guard let record = record(node, LivenessKey.self) else { return .automatic }
    var timers = LivenessTimers.standard
    if let interval = scalar(record[.interval], Format.livenessInterval) {
      timers.intervalMilliseconds = interval.value.count
    }
    if let multiplier = scalar(record[.multiplier], Format.livenessMultiplier) { timers.multiplier = multiplier.value }
    return .everywhere(timers)
  }

  private mutating func serviceLevel(_ node: YAMLNode?) -> ServiceLevelLimits? {
    guard let record = record(node, ServiceLevelKey.self) else { return nil }
    let limits = ServiceLevelLimits(
      lossPercent: scalar(record[.loss], Format.percentage)?.value,
      latencyMilliseconds: scalar(record[.latency], Format.latency)?.value.count,
      jitterMilliseconds: scalar(record[.jitter], Format.latency)?.value.count,
      holdSeconds: scalar(record[.hold], Format.holdTime)?.value.seconds ?? 30)
    if record[.loss] == nil, record[.latency] == nil, record[.jitter] == nil {
      report(record.position, "this service level asks for nothing", "add a limit, such as `loss: 2%`")
    }
    return limits
  }

  private mutating func bfd(_ node: YAMLNode?) -> Located<RoutingConfiguration.BFD>? {
    guard let record = record(node, BFDKey.self) else { return nil }
    let interval = scalar(record[.interval], Format.bfdInterval)?.value.count ?? 300
    let multiplier = scalar(record[.multiplier], Format.bfdMultiplier)?.value ?? 3
    return Located(
      value: RoutingConfiguration.BFD(intervalMilliseconds: interval, multiplier: multiplier),
      position: record.position)
  }
}
