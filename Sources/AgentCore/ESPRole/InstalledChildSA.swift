import ESP
import WireFormat

/// What the esp role remembers of a pair of SAs beside the SAs themselves, and asks itself once a second.
struct InstalledChildSA {
  let tunnel: String
  /// Which of the ike processes, in the order of their arrival, installed the pair.
  let generation: Int
  private let installedAt: Instant
  private let softLifetimeBytes: UInt64?
  private var sendsKeepalives: Bool
  private var isRekeyRequested = false
  private var packetsSent: UInt64 = 0
  private var lastSent: Instant

  /// RFC 3948 section 4: a keepalive after 20 seconds of silence.
  private static let keepaliveInterval = Duration.seconds(20)
  /// An SA of 32-bit sequence numbers is replaced when a quarter of them is left (RFC 4303 section 3.3.3).
  private static let sequenceNumbersInReserve: UInt64 = 1 << 30
  /// How long the initiator may take to install a pair after the responder has (RFC 7296 section 2.8).
  private static let settlingTime = Duration.seconds(1)
  /// How long the SAs of a former ike process stay beside those that have replaced them, for packets on their way.
  private static let overlap = Duration.seconds(10)

  init(_ installation: ChildSAInstallation, generation: Int, at now: Instant) {
    tunnel = installation.tunnel
    self.generation = generation
    installedAt = now
    softLifetimeBytes = installation.softLifetimeBytes
    sendsKeepalives = installation.isBehindNAT && installation.isEncapsulatedInUDP
    lastSent = now
  }

  /// The pair's packets go another way, behind a NAT or not.
  mutating func moved(sendsKeepalives: Bool) { self.sendsKeepalives = sendsKeepalives }

  /// Whether a peer that was told of the pair has installed it by now, or has lost every older one.
  func hasSettled(at now: Instant) -> Bool { installedAt.duration(to: now) >= InstalledChildSA.settlingTime }

  /// Whether a soft limit has been reached since the last call; true once.
  mutating func needsRekey(_ pair: SAPair) -> Bool {
    guard !isRekeyRequested else { return false }
    let bytes = max(pair.outbound.traffic.bytes, pair.inbound.traffic.bytes)
    isRekeyRequested =
      softLifetimeBytes.map { bytes >= $0 } ?? false
      || pair.outbound.remainingSequenceNumbers <= InstalledChildSA.sequenceNumbersInReserve
    return isRekeyRequested
  }

  /// Whether the NAT in front of us would forget the mapping unless we sent something now.
  mutating func needsKeepalive(_ pair: SAPair, at now: Instant) -> Bool {
    guard sendsKeepalives else { return false }
    if pair.outbound.traffic.packets != packetsSent {
      packetsSent = pair.outbound.traffic.packets
      lastSent = now
    }
    guard lastSent.duration(to: now) >= InstalledChildSA.keepaliveInterval else { return false }
    lastSent = now
    return true
  }

  /// Whether a later ike process has put another pair in this one's place, and the other has had time to take over.
  func isReplaced(by other: InstalledChildSA, at now: Instant) -> Bool {
    other.generation > generation && other.tunnel == tunnel
      && other.installedAt.duration(to: now) >= InstalledChildSA.overlap
  }
}

extension ChildSAInstallation {
  /// The pair as the ESP room takes it.
  func parameters(tunnelNumber: Int) -> ESPSAParameters {
    ESPSAParameters(
      tunnel: tunnelNumber, inboundSPI: inboundSPI, outboundSPI: outboundSPI, suite: suite,
      inboundKeys: ESPKeys(encryption: inboundKeys.encryption, integrity: inboundKeys.integrity),
      outboundKeys: ESPKeys(encryption: outboundKeys.encryption, integrity: outboundKeys.integrity),
      extendedSequenceNumbers: usesExtendedSequenceNumbers, replayWindow: replayWindow,
      path: ESPPath(
        uplink: uplink, local: localEndpoint, remote: remoteEndpoint,
        encapsulation: isEncapsulatedInUDP ? .udp : .esp),
      localSelectors: localSelectors, remoteSelectors: remoteSelectors,
      isInitiator: isInitiator)
  }
}
