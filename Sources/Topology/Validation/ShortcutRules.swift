extension Validator {
  /// Shortcuts lead from spoke to spoke past the hubs, and OSPF finds out by itself when one is there.
  mutating func checkShortcuts() {
    guard let overlay = draft.overlay, let shortcuts = overlay.shortcuts else { return }
    if let shape = overlay.shape, shape.value != .hubAndSpoke {
      report(
        shortcuts.position, "shortcuts lead past the hubs, and \(shape.value.rawValue) has none to lead past",
        "remove `shortcuts`, or write `shape: hub-and-spoke`")
    }
    if let routing = overlay.routing?.routingProtocol, routing.value != .ospf {
      report(
        shortcuts.position, "shortcuts need a routing protocol that finds them, and \(routing.value.rawValue) does not",
        "write `protocol: ospf`, or remove `shortcuts`")
    }
  }
}
