import WireFormat

extension IKEConnection {
  /// Why the connection cannot be used; nil if it can. The limits keep every payload that we build within its fields.
  var fault: String? {
    let identities = [localIdentity, remoteIdentity].map { IdentificationPayload($0).body.count }
    if name.isEmpty { return "a connection has no name" }
    if identities.contains(where: { !(5...1024).contains($0) }) { return "an identity is empty or too long" }
    if case .presharedKey(let key) = authentication, key.count == 0 { return "the preshared key is empty" }
    if case .certificate(.authorities(let authorities)) = authentication, !(1...64).contains(authorities.count) {
      return "there must be 1 to 64 certification authorities"
    }
    if let ppk = postQuantumPresharedKey, !(1...255).contains(ppk.identity.utf8.count) || ppk.key.count == 0 {
      return "the post-quantum preshared key is empty, or its identity is empty or too long"
    }
    if !(1...16).contains(ikeProposals.count) { return "there must be 1 to 16 IKE proposals" }
    if !(1...16).contains(childProposals.count) { return "there must be 1 to 16 ESP proposals" }
    if let fault = selectorFault(local: localSelectors, remote: remoteSelectors) { return fault }
    if ikeLifetime <= .zero || childLifetime <= .zero { return "a lifetime is not positive" }
    return nil
  }
}

/// Why selectors cannot be proposed; nil if they can.
func selectorFault(local: [TrafficSelector], remote: [TrafficSelector]) -> String? {
  let counts = 1...[TrafficSelector].maximumCount
  return counts.contains(local.count) && counts.contains(remote.count)
    ? nil : "there must be 1 to \(counts.upperBound) traffic selectors at each end"
}
