import WireFormat

/// Where a session's datagrams go.
struct NetworkPath: Hashable {
  /// The IKE port (RFC 7296 section 2).
  static let ikePort: UInt16 = 500
  /// The port of IKE and ESP in UDP (RFC 7296 section 2.23).
  static let natTraversalPort: UInt16 = 4500

  var uplink: String
  var local: Endpoint
  var remote: Endpoint

  /// The same path on port 4500 at both ends.
  var movedToNATTraversal: NetworkPath {
    var path = self
    path.local.port = NetworkPath.natTraversalPort
    path.remote.port = NetworkPath.natTraversalPort
    return path
  }

  /// A datagram along the path.
  func datagram(_ bytes: [UInt8]) -> IKEDatagram {
    IKEDatagram(uplink: uplink, local: local, remote: remote, bytes: bytes)
  }
}

extension NetworkPath {
  /// The way back to where a datagram came from.
  init(answering datagram: IKEDatagram) {
    self.init(uplink: datagram.uplink, local: datagram.local, remote: datagram.remote)
  }
}
