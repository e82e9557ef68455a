import ESP
import LinuxNetworking
import WireFormat

/// The sockets of one uplink: ESP in UDP together with IKE on port 4500 (RFC 3948), and ESP as protocol 50.
final class ESPUplink {
  let name: String
  let encapsulated: UDPSocket
  let plain: RawESPSocket
  private var areTrainsRefused = false
  private var sentSinceLookingForRoom = 0
  private var isFull = false

  /// So many bytes are sent before the system is asked again whether there is room: a fraction of it, so that one more
  /// turn always fits.
  private static let bytesBetweenLooks = 128 << 10

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

  /// Whether there is room for the packets of another turn; once there is none, not before `lookForRoomAgain`.
  func hasRoom(for encapsulation: ESPEncapsulation) -> Bool {
    guard !isFull, sentSinceLookingForRoom >= ESPUplink.bytesBetweenLooks else { return !isFull }
    isFull = !socket(for: encapsulation).hasRoom
    if !isFull { sentSinceLookingForRoom = 0 }
    return !isFull
  }

  /// Some time has passed since there was no room.
  func lookForRoomAgain() { isFull = false }

  /// So many bytes are about to be sent.
  func countSent(bytes: Int) { sentSinceLookingForRoom += bytes }

  /// Whether several packets may leave by one send: in UDP only, and until the system has refused it once.
  func sendsTrains(_ encapsulation: ESPEncapsulation) -> Bool { encapsulation == .udp && !areTrainsRefused }

  /// From now on each packet is sent by itself: the interface or the path does not take trains.
  func stopSendingTrains() { areTrainsRefused = true }
}

extension ESPPath {
  /// Where to send: a raw socket takes no port.
  var destination: Endpoint { encapsulation == .udp ? remote : Endpoint(remote.address, port: 0) }
}
