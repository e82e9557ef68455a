import LinuxNetworking
import WireFormat

/// What the roles of an earlier supervisor have handed back of the uplinks' sockets, by name of the uplink.
struct HandedBackSockets {
  /// One role's share of an uplink.
  struct Share {
    let address: IPAddress
    let descriptors: [FileDescriptor]
  }

  var ike: [String: Share] = [:]
  var esp: [String: Share] = [:]

  /// The uplinks that both roles agree on; the sockets of any other are opened anew.
  func uplinks() -> [String: UplinkSockets] {
    var uplinks: [String: UplinkSockets] = [:]
    for (name, ike) in ike {
      guard let esp = esp[name], esp.address == ike.address else { continue }
      uplinks[name] = try? UplinkSockets(
        address: ike.address, handedBackByIKE: ike.descriptors, byESP: esp.descriptors)
    }
    return uplinks
  }
}
