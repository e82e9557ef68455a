import WireFormat

/// The sessions whose initiator has not proved its identity, and how many of them an engine puts up with.
struct HalfOpenSessions {
  /// An IKE_SA_INIT request and its retransmissions.
  struct Initiation: Hashable {
    let initiatorSPI: IKESPI
    let remote: Endpoint
  }

  /// From so many on, an initiator has to send a cookie back first: more than one peer of ours begins at once, so that
  /// its tunnels come up without the additional round trip.
  static let cookieThreshold = 2 * InitiationPace.limit
  /// More than this at once are turned away.
  static let limit = 1000
  /// More than this from one address are turned away, unless more peers are configured there.
  static let limitPerAddress = 32

  private var spis: [Initiation: IKESPI] = [:]
  private var countByAddress: [IPAddress: Int] = [:]

  /// Whether initiators have to show that they receive at their address.
  var demandsCookies: Bool { spis.count >= HalfOpenSessions.cookieThreshold }

  /// The session that a request, or its retransmission, has made.
  subscript(initiation: Initiation) -> IKESPI? { spis[initiation] }

  /// Whether there is room for one more from this address, where so many peers are configured.
  func hasRoom(for address: IPAddress, peers: Int) -> Bool {
    spis.count < HalfOpenSessions.limit
      && countByAddress[address, default: 0] < max(HalfOpenSessions.limitPerAddress, 2 * peers)
  }

  mutating func insert(_ initiation: Initiation, _ spi: IKESPI) {
    guard spis.updateValue(spi, forKey: initiation) == nil else { return }
    countByAddress[initiation.remote.address, default: 0] += 1
  }

  mutating func remove(_ initiation: Initiation) {
    guard spis.removeValue(forKey: initiation) != nil else { return }
    let left = countByAddress[initiation.remote.address, default: 1] - 1
    countByAddress[initiation.remote.address] = left > 0 ? left : nil
  }
}
