import FabricCrypto
import FabricTestKit
import WireFormat

@testable import IKE

/// Two gateways and the wire between them, under a manual clock.
///
///     left 15.0.0.1 ─────────── wire ─────────── right 35.0.0.3
final class TwoGateways {
  let left: Gateway
  let right: Gateway
  var wire = VirtualWire<IKEDatagram>()
  var clock = ManualClock()
  /// Rewrites datagrams on their way, as a NAT would; nil drops them.
  var rewrite: (IKEDatagram) -> IKEDatagram? = { $0 }

  /// Where the left gateway is; everything else is the right one's.
  var leftAddresses: Set<IPAddress> = [leftAddress]
  /// Where nobody is any more.
  var deserted: Set<IPAddress> = []

  static let leftAddress = IPAddress.v4(0x0F00_0001)
  static let rightAddress = IPAddress.v4(0x2300_0003)

  /// Two gateways without connections, whose randomness follows from `seed`.
  init(seed: UInt64 = 1) {
    left = Gateway("left", seed: 2 &* seed &- 1)
    right = Gateway("right", seed: 2 &* seed)
  }

  /// Configures both ends with connections that fit; `change` makes them differ.
  func configure(
    left changeLeft: (inout IKEConnection) -> Void = { _ in },
    right changeRight: (inout IKEConnection) -> Void = { _ in }
  ) {
    var leftConnection = IKEConnection.sample(initiates: true)
    var rightConnection = IKEConnection.sample(initiates: false).mirrored
    changeLeft(&leftConnection)
    changeRight(&rightConnection)
    send(right.handle(.configure([rightConnection]), at: clock.now))
    send(left.handle(.configure([leftConnection]), at: clock.now))
  }

  /// Two gateways whose tunnel has been set up; `change` alters the connection at both ends.
  static func established(seed: UInt64 = 1, _ change: (inout IKEConnection) -> Void = { _ in }) -> TwoGateways {
    let pair = TwoGateways(seed: seed)
    pair.configure(left: change, right: change)
    pair.run(for: .seconds(1))
    return pair
  }

  func send(_ datagrams: [IKEDatagram]) {
    for datagram in datagrams { wire.send(datagram, at: clock.now) }
  }

  /// An event at one end.
  func handle(_ gateway: Gateway, _ event: IKEEvent) { send(gateway.handle(event, at: clock.now)) }

  /// Lets time pass and everything happen that happens by then.
  func run(for duration: Duration) {
    let end = clock.now.advanced(by: duration)
    while let next = [wire.nextArrival, left.nextDeadline, right.nextDeadline].compactMap({ $0 }).min(), next <= end {
      clock.advance(to: next)
      step()
    }
    clock.advance(to: end)
  }

  /// Delivers what has arrived and fires what is due.
  private func step() {
    while let datagram = wire.receive(at: clock.now) {
      guard let rewritten = rewrite(datagram) else { continue }
      let arrived = IKEDatagram(
        uplink: "isp", local: rewritten.remote, remote: rewritten.local, bytes: rewritten.bytes)
      guard !deserted.contains(arrived.local.address) else { continue }
      let receiver = leftAddresses.contains(arrived.local.address) ? left : right
      send(receiver.handle(.datagram(arrived), at: clock.now))
    }
    for gateway in [left, right] where gateway.nextDeadline.map({ $0 <= clock.now }) == true {
      send(gateway.handle(.timeout, at: clock.now))
    }
  }

  /// Whether each end has exactly one Child SA and both hold the same keys.
  var haveOneMatchingChild: Bool {
    guard left.installed.count == 1, right.installed.count == 1, let one = left.installed.values.first,
      let other = right.installed.values.first
    else { return false }
    return one.matches(other)
  }
}

extension ChildSA {
  /// Whether what one end sends the other can open, both ways.
  func matches(_ other: ChildSA) -> Bool {
    inboundSPI == other.outboundSPI && outboundSPI == other.inboundSPI && inboundKeys == other.outboundKeys
      && outboundKeys == other.inboundKeys && suite == other.suite && inboundKeys != outboundKeys
      && usesExtendedSequenceNumbers == other.usesExtendedSequenceNumbers && encapsulation == other.encapsulation
      && localSelectors == other.remoteSelectors && remoteSelectors == other.localSelectors
  }
}

extension IKEConnection {
  /// A tunnel between the two gateways, seen from the left.
  static func sample(initiates: Bool) -> IKEConnection {
    IKEConnection(
      name: "tunnel", localUplink: "isp", localAddress: TwoGateways.leftAddress,
      remoteAddress: TwoGateways.rightAddress, localIdentity: .fqdn("left.test"), remoteIdentity: .fqdn("right.test"),
      authentication: .presharedKey(SecretBytes(Array("correct horse battery staple".utf8))), initiates: initiates,
      ikeProposals: IKEProposal.proposals(
        encryption: [.aes256GCM16, .aes256CBC], integrity: [.hmacSHA256_128],
        pseudorandomFunctions: [.hmacSHA384, .hmacSHA256], keyExchangeMethods: [.curve25519, .ecp256]),
      childProposals: ESPProposal.proposals(
        encryption: [.aes256GCM16], integrity: [], keyExchangeMethods: [.curve25519, .ecp256],
        extendedSequenceNumbers: true),
      localSelectors: [.any(.v4)], remoteSelectors: [.any(.v4)], ikeLifetime: .seconds(86400),
      childLifetime: .seconds(3600), childLifetimeBytes: nil, deadPeerInterval: .seconds(10),
      forceEncapsulation: false, replayWindow: 1024)
  }

  /// The same end, waiting for the other to begin.
  var waiting: IKEConnection {
    var copy = self
    copy.initiates = false
    return copy
  }

  /// The same tunnel seen from the other end.
  var mirrored: IKEConnection {
    var other = self
    (other.localAddress, other.remoteAddress) = (remoteAddress, localAddress)
    (other.localIdentity, other.remoteIdentity) = (remoteIdentity, localIdentity)
    (other.localSelectors, other.remoteSelectors) = (remoteSelectors, localSelectors)
    return other
  }
}
