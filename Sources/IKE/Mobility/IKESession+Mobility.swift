import WireFormat

/// How an IKE SA and its Child SAs move to other addresses without a new handshake (RFC 4555).
extension IKESession {
  /// Whether the session can go on from another address of ours.
  var canMove: Bool { phase == .established && mobility.isNegotiated }

  /// Our own address or uplink is another one now; while there is none, the session waits for one.
  func relocate(_ connection: IKEConnection, _ context: SessionContext) {
    self.connection = connection
    guard let address = connection.localAddress else { return }
    path.uplink = connection.localUplink
    path.local.address = address
    // Nothing can be sent from the old address any more, so the Child SAs do not wait for the peer's answer.
    moveChildren()
    report(.relocated(path.local))
    requestAlongNewPath(origin.isInitiator ? InitiateAddressUpdate() : AnnounceAddresses(), context)
  }

  /// We can be reached at other addresses besides.
  func announce(_ connection: IKEConnection, _ context: SessionContext) {
    self.connection = connection
    guard canMove else { return }
    enqueue(.informational, [AnnounceAddresses()])
    startNextExchange(context)
  }

  /// Our other addresses (RFC 4555 section 4.2); the peer has no use for more than a few.
  var additionalAddresses: [Payload] {
    (connection?.additionalAddresses ?? []).prefix(8).map { address in
      let type: NotifyType = address.family == .v4 ? .additionalIPv4Address : .additionalIPv6Address
      return .notify(NotifyPayload(type, data: address.bytes))
    }
  }

  /// The responder of the first IKE SA has said from where it can be reached (RFC 4555 section 3.6): it is asked there to
  /// follow. Where a message has just come from says more than a list: a gateway that is between two addresses lists what it
  /// has left, which may be in its LAN.
  func follow(responderAt arrival: NetworkPath, _ context: SessionContext) {
    guard arrival.remote.address != path.remote.address else { return }
    path.remote = arrival.remote
    report(.moved(path.remote))
    putFirst(InitiateAddressUpdate(), context)
  }

  /// Goes on with another address of a peer that does not answer at this one; false if there is none.
  func tryNextAddress(_ context: SessionContext) -> Bool {
    guard canMove, origin.isInitiator else { return false }
    mobility.silentAddresses.insert(path.remote.address)
    let next = mobility.additionalAddresses.first { !mobility.silentAddresses.contains($0) }
    guard let next else { return false }
    mobility.additionalAddresses.removeAll { $0 == next }
    mobility.additionalAddresses.append(path.remote.address)
    path.remote.address = next
    report(.moved(path.remote))
    requestAlongNewPath(InitiateAddressUpdate(), context)
    return true
  }

  /// Queues a request in front of all others; one that is out already is sent along the new path first.
  private func requestAlongNewPath(_ task: any ExchangeTask, _ context: SessionContext) {
    putFirst(task, context)
    if requests.outstanding != nil { sendRequestAgain() }
    startNextExchange(context)
  }

  /// Puts a request in front of all others; one that is out already has time again for the new path.
  private func putFirst(_ task: any ExchangeTask, _ context: SessionContext) {
    queue.insert(Exchange(type: .informational, tasks: [task]), at: 0)
    requests.restart(at: context.now)
  }

  /// Has the packets of all Child SAs follow the session's path.
  func moveChildren() {
    guard let connection else { return }
    for child in children.values {
      let move = ChildSAMove(
        connection: connection.name, inboundSPI: child.inboundSPI, local: endpoint(path.local),
        remote: endpoint(path.remote), encapsulation: encapsulation, isBehindNAT: nat.isLocalBehindNAT)
      effects.append(.action(.moveChildSA(move)))
    }
  }

  /// Whether the peer has yet to show that it receives where the session's messages go.
  var isVerifyingPath: Bool {
    let exchanges = queue + [requests.outstanding?.exchange].compactMap { $0 }
    return exchanges.contains { $0.tasks.contains { $0 is VerifyReturnRoutability } }
  }

  /// Goes on with the check that `old` has under way: its Child SAs, which are ours now, wait for the answer.
  func verifyPath(insteadOf old: IKESession) {
    let tasks = old.requests.outstanding?.exchange.tasks ?? []
    if tasks.contains(where: { $0 is VerifyReturnRoutability }) {
      enqueue(.informational, [VerifyReturnRoutability(of: path)])
    }
  }

  /// Behind a NAT, at the beginning of each IKE SA: has the peer take over how it sees our address now, and tell us
  /// (RFC 4555 section 3.8). Each one's SPIs change the hashes by which a change of the mapping shows, so that one just before
  /// would never show: between our IKE_AUTH and its answer, or during a rekey.
  func confirmMapping() {
    guard watchesMapping else { return }
    enqueue(.informational, [ConfirmMapping()])
  }

  /// Whether it is ours to notice that a NAT has mapped us anew.
  var watchesMapping: Bool { mobility.isNegotiated && origin.isInitiator && nat.isLocalBehindNAT }

  /// The peer has told how it sees our address.
  func noteMapping(_ mapping: [UInt8]?) {
    guard watchesMapping, let mapping else { return }
    defer { mobility.mapping = mapping }
    if let known = mobility.mapping, known != mapping { enqueue(.informational, [InitiateAddressUpdate()]) }
  }
}

extension IKEConnection {
  /// Whether two connections of one name differ in one thing and no other.
  func differs<Value>(from other: IKEConnection, only property: WritableKeyPath<IKEConnection, Value>) -> Bool {
    var copy = self
    copy[keyPath: property] = other[keyPath: property]
    return copy == other && self != other
  }

  /// Whether two connections differ in nothing but our own addresses and uplink.
  func isElsewhere(from other: IKEConnection) -> Bool {
    var copy = self
    copy.localAddress = other.localAddress
    copy.localUplink = other.localUplink
    copy.additionalAddresses = other.additionalAddresses
    return copy == other && self != other
  }
}
