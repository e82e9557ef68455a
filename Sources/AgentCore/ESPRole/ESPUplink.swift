import ESP
import LinuxNetworking
import WireFormat

/// The sockets of one uplink: ESP in UDP together with IKE on port 4500 (RFC 3948), and ESP as protocol 50.
final class ESPUplink {
  let name: String
  let encapsulated: UDPSocket
  let plain: RawESPSocket
  private var areTrainsRefused = false

  init(name: String, encapsulated: UDPSocket, plain: RawESPSocket) throws(LinuxError) {
    self.name = name
    self.encapsulated = encapsulated
    self.plain = plain
    encapsulated.receiveTrains()
    for socket in [encapsulated, plain] as [any DatagramSocket] {
      try socket.receiveTrafficClass()
      try socket.neverFragment()
    }
  }

  var address: IPAddress { plain.localAddress }

  /// The socket that carries packets of an SA.
  func socket(for encapsulation: ESPEncapsulation) -> any DatagramSocket {
    encapsulation == .udp ? encapsulated : plain
  }

  /// Whether several packets may leave by one send: in UDP only, and until the system has refused it once.
  func sendsTrains(_ encapsulation: ESPEncapsulation) -> Bool { encapsulation == .udp && !areTrainsRefused }

  /// From now on each packet is sent by itself: the interface or the path does not take trains.
  func stopSendingTrains() { areTrainsRefused = true }
}

extension ESPPath {
  /// Where to send: a raw socket takes no port.
  var destination: Endpoint { encapsulation == .udp ? remote : Endpoint(remote.address, port: 0) }
}
