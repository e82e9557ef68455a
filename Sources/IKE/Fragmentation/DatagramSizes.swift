import WireFormat

/// How large the IP packets of an IKE SA are, as far as it can fragment its messages (RFC 7383 section 2.5).
struct DatagramSizes {
  /// Sizes of IP packets to try in turn: that of an Ethernet, the least that every IPv6 link carries, and the least that
  /// every IPv4 host takes (RFC 7383 section 2.5.1).
  private static let ipv4 = [1500, 1280, 576]
  private static let ipv6 = [1500, 1280]
  private static let udpHeaderLength = 8
  /// So much of a datagram may be left unused, as what is sealed comes in whole blocks.
  private static let longestPadding = 15

  /// Which of the sizes the path carries, as far as known.
  private(set) var step = 0

  /// The longest IKE message in one datagram on `path` when it is sent for the `transmission`th time, counted from 1.
  /// What gets no answer twice may be too large (RFC 7383 section 2.5.2).
  func limit(on path: NetworkPath, transmission: Int) -> Int {
    let sizes = DatagramSizes.sizes(path)
    let step = min(max(step, DatagramSizes.step(transmission)), sizes.count - 1)
    return sizes[step] - DatagramSizes.overhead(path)
  }

  /// A message has been answered after so many transmissions: its size is the one to go on with.
  mutating func arrived(_ message: OutgoingMessage) {
    if message.isFragmented { step = max(step, DatagramSizes.step(message.transmissions)) }
  }

  /// The peer cuts its messages into datagrams of at most `length` bytes, so that ours should not be longer.
  mutating func peerCuts(to length: Int, on path: NetworkPath) {
    let sizes = DatagramSizes.sizes(path)
    let fitting = sizes.firstIndex { $0 <= length + DatagramSizes.longestPadding + DatagramSizes.overhead(path) }
    step = max(step, fitting ?? sizes.count - 1)
  }

  private static func step(_ transmission: Int) -> Int { max(0, transmission - 2) }

  private static func sizes(_ path: NetworkPath) -> [Int] {
    path.local.address.family == .v4 ? ipv4 : ipv6
  }

  /// The headers in front of an IKE message: IP, UDP, and on port 4500 the non-ESP marker (RFC 3948 section 2.2).
  private static func overhead(_ path: NetworkPath) -> Int {
    let ipHeaderLength = path.local.address.family == .v4 ? 20 : 40
    return ipHeaderLength + udpHeaderLength + (path.local.port == NetworkPath.natTraversalPort ? 4 : 0)
  }
}
