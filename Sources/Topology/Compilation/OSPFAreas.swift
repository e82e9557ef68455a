extension TopologyDocument.OverlayRouting {
  /// The backbone, through which all other areas reach each other (RFC 2328 section 3.1).
  static let backbone = "0"

  /// The overlay's protocol, with the area of a site's own.
  func routingProtocol(at site: Site) -> RoutingConfiguration.RoutingProtocol {
    guard case .ospf(let area) = routingProtocol else { return routingProtocol }
    return .ospf(area: site.area ?? area)
  }

  /// The area of the tunnels between two sites: of a site in the backbone and one outside, the latter's.
  func ospfArea(between first: Site, _ second: Site) -> String? {
    guard case .ospf(let area) = routingProtocol else { return nil }
    let (one, other) = (first.area ?? area, second.area ?? area)
    return one == Self.backbone ? other : one
  }
}
