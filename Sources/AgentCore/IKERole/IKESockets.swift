import IKE
import LinuxNetworking
import WireFormat

/// A message between roles came without the descriptors that belong to it.
struct MissingDescriptors: Error, CustomStringConvertible {
  var description: String { "its descriptors are missing" }
}

/// The sockets of one uplink that carry IKE, as the supervisor has opened them.
struct IKESockets {
  /// The port of IKE and ESP behind NATs (RFC 7296 section 2.23).
  static let encapsulationPort: UInt16 = 4500

  /// The uplink's name.
  let uplink: String
  /// For both directions.
  let port500: UDPSocket
  /// For sending only: what arrives there goes to esp, which hands on what is IKE's.
  let port4500: UDPSocket

  /// Takes over the two sockets in the order of `SupervisorToIKE.uplink`.
  init(uplink: String, _ descriptors: [FileDescriptor]) throws {
    guard descriptors.count == 2 else { throw MissingDescriptors() }
    self.uplink = uplink
    port500 = try UDPSocket(adopting: descriptors[0])
    port4500 = try UDPSocket(adopting: descriptors[1])
  }

  /// Sends a message from the port that it names; false when the kernel's buffer is full.
  func send(_ datagram: IKEDatagram) throws(LinuxError) -> Bool {
    guard datagram.local.port == IKESockets.encapsulationPort else {
      return try port500.send(datagram.bytes, to: datagram.remote)
    }
    // RFC 7296 section 2.23: four zero bytes, the non-ESP marker, where ESP has its SPI.
    return try port4500.send([0, 0, 0, 0] + datagram.bytes, to: datagram.remote)
  }
}
