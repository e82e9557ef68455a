import CZeroMQ

extension ZeroMQSocket {
  /// What both ends of the control channel set before they bind or connect.
  func setChannelOptions(for endpoint: String) throws(ZeroMQError) {
    // A peer that claims a larger message is disconnected before memory is spent on it.
    try setMaximumMessageBytes(MessageCoding.maximumBytes)
    // Messages queued a peer. A status is superseded by the next, a configuration is pushed again on the next hello.
    try set(ZMQ_SNDHWM, 16)
    try set(ZMQ_RCVHWM, 16)
    // Milliseconds. A peer that connects and says nothing is cut off.
    try set(ZMQ_HANDSHAKE_IVL, 5000)
    // Milliseconds. A dead line is found in 15 seconds, also where TCP alone would wait for hours.
    try set(ZMQ_HEARTBEAT_IVL, 5000)
    try set(ZMQ_HEARTBEAT_TIMEOUT, 15000)
    try set(ZMQ_HEARTBEAT_TTL, 15000)
    // An IPv4 address stays one in what the socket says of itself; a name may stand for either family.
    let isIPv4 = endpoint.wholeMatch(of: /tcp:\/\/[0-9.]+:.*/) != nil
    try set(ZMQ_IPV6, isIPv4 ? 0 : 1)
  }
}
