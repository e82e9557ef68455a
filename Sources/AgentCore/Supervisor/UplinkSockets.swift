import LinuxNetworking
import WireFormat

/// The sockets of one uplink, opened with privileges and lent to the roles that have none.
struct UplinkSockets {
  /// The uplink's address that they are bound to.
  let address: IPAddress
  private let port500: UDPSocket
  private let port4500: UDPSocket
  private let rawESP: RawESPSocket

  /// Opens UDP ports 500 and 4500 (RFC 7296 section 2) and protocol 50 on one address of one interface.
  init(address: IPAddress, interface: String) throws(LinuxError) {
    self.address = address
    port500 = try UDPSocket(bindingTo: Endpoint(address, port: 500), interface: interface)
    port4500 = try UDPSocket(bindingTo: Endpoint(address, port: IKESockets.encapsulationPort), interface: interface)
    rawESP = try RawESPSocket(bindingTo: address, interface: interface)
  }

  /// The sockets as the two roles hand them back to a new supervisor; throws if one is missing.
  init(address: IPAddress, handedBackByIKE ike: [FileDescriptor], byESP esp: [FileDescriptor]) throws {
    guard ike.count == 2, esp.count == 2 else { throw MissingDescriptors() }
    self.address = address
    port500 = try UDPSocket(adopting: ike[0])
    port4500 = try UDPSocket(adopting: esp[0])
    rawESP = try RawESPSocket(adopting: esp[1])
  }

  /// In the order of `SupervisorToIKE.uplink`.
  var forIKE: [FileDescriptor] { [port500.descriptor, port4500.descriptor] }
  /// In the order of `SupervisorToESP.uplink`.
  var forESP: [FileDescriptor] { [port4500.descriptor, rawESP.descriptor] }
}
