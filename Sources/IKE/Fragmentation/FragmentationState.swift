import WireFormat

/// What an IKE SA knows of fragmentation.
struct FragmentationState {
  /// Whether both ends can (RFC 7383 section 2.3); an IKE SA that replaces this one inherits it.
  var isNegotiated = false
  var sizes = DatagramSizes()
  /// The pieces of the peer's next request and of its next response.
  var request = Reassembly()
  var response = Reassembly()
}

extension FragmentationState {
  /// Throws away what has waited for too long.
  mutating func expire(at now: Instant) {
    request.expire(at: now)
    response.expire(at: now)
  }

  /// What a successor of the IKE SA begins with.
  var inherited: FragmentationState {
    var fresh = FragmentationState()
    fresh.isNegotiated = isNegotiated
    fresh.sizes = sizes
    return fresh
  }
}
