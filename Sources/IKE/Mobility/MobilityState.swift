import WireFormat

/// What an IKE SA knows of the addresses that its ends can move between (MOBIKE, RFC 4555).
struct MobilityState {
  /// Whether both ends can; an IKE SA that replaces this one inherits it.
  var isNegotiated = false
  /// Where the peer can be reached besides the address that it uses (RFC 4555 section 3.6).
  var additionalAddresses: [IPAddress] = []
  /// Addresses of the peer that have not answered since one last did.
  var silentAddresses: Set<IPAddress> = []
  /// The hash of our own address and port as the peer last saw them, by which a NAT's new mapping shows (RFC 4555
  /// section 3.8); nil before it has told.
  var mapping: [UInt8]?

  /// What a successor of the IKE SA begins with: the hashes hold its SPIs, so that the mapping has to be asked for again.
  var inherited: MobilityState {
    var copy = self
    copy.mapping = nil
    return copy
  }

  /// Takes note of the additional addresses of a message that came from `source`; false if it says nothing of them.
  mutating func note(_ payloads: [Payload], from source: IPAddress) -> Bool {
    let addresses = payloads.notifies.compactMap(\.additionalAddress)
    guard !addresses.isEmpty || payloads.notify(.noAdditionalAddresses) != nil else { return false }
    // More than these are of no use, and whoever sends them is not to fill our memory.
    additionalAddresses = Array(addresses.filter { $0.family == source.family }.prefix(8))
    return true
  }
}

extension NotifyPayload {
  /// The address in ADDITIONAL_IP4_ADDRESS or ADDITIONAL_IP6_ADDRESS (RFC 4555 section 4.2); nil for other notifies.
  var additionalAddress: IPAddress? {
    switch type {
    case .additionalIPv4Address where data.count == 4, .additionalIPv6Address where data.count == 16:
      IPAddress(bytes: data[...])
    default: nil
    }
  }
}
