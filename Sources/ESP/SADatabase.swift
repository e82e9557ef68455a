import FabricCrypto
import WireFormat

/// The SAs of a gateway (RFC 4301 section 4.4.2): inbound by SPI, outbound by tunnel.
///
/// Rekeying is make-before-break (RFC 7296 section 2.8). Inbound, every installed SA opens packets until it is removed.
/// Outbound, a tunnel uses its newest SA of which it is known that the peer can receive on it: we began the exchange, or
/// a packet came in on its other half, or nothing older is left.
///
/// Not `Sendable`: it belongs to the thread that carries the packets.
public final class SADatabase {
  private var pairs: [UInt32: SAPair] = [:]
  private var tunnels: [Int: [SAPair]] = [:]
  private var sending: [Int: SAPair] = [:]
  private var latest: SAPair?
  private var hasOpenedNewest = false
  private let random: any RandomSource

  /// A database without SAs; `random` keys the IVs of AES-CBC.
  public init(random: any RandomSource) { self.random = random }

  /// Adds a pair of SAs; the inbound one works at once.
  ///
  /// `recovery` is what all tunnels of the peer share, so that of packets which it sends twice one copy comes in; nil where
  /// it sends none. `implementation` is whose code seals and opens: the fastest of the machine unless a measurement asks for another.
  /// Throws `SADatabaseError.duplicateSPI` if the inbound SPI is in use, `.cryptography` if the keys do not fit.
  public func install(
    _ parameters: ESPSAParameters, recovery: SequenceRecovery? = nil, implementation: CipherImplementation? = nil
  ) throws(SADatabaseError) {
    let spi = parameters.inboundSPI
    guard pairs[spi.rawValue] == nil else { throw .duplicateSPI(spi) }
    let pair: SAPair
    do {
      pair = try SAPair(
        parameters, recovery: recovery, random: random,
        implementation: implementation ?? .fastest(for: parameters.suite))
    } catch {
      throw .cryptography(error)
    }
    pairs[spi.rawValue] = pair
    tunnels[pair.tunnel, default: []].append(pair)
    electSender(pair.tunnel)
  }

  /// Removes the pair whose inbound SPI this is; false if there is none.
  @discardableResult
  public func remove(inboundSPI spi: ESPSPI) -> Bool {
    guard let pair = pairs.removeValue(forKey: spi.rawValue) else { return false }
    if latest === pair { latest = nil }
    tunnels[pair.tunnel]?.removeAll { $0 === pair }
    electSender(pair.tunnel)
    return true
  }

  /// Sends on a pair though nothing has come in on it: the peer has had time to install its half.
  public func assumePeerIsReady(inboundSPI spi: ESPSPI) {
    guard let pair = pairs[spi.rawValue], !pair.peerIsReady else { return }
    startSending(on: pair)
  }

  /// Sends the packets of a pair over another path, such as after a NAT or an uplink changed; false if there is no such
  /// pair.
  @discardableResult
  public func move(inboundSPI spi: ESPSPI, to path: ESPPath) -> Bool {
    guard let pair = pairs[spi.rawValue] else { return false }
    pair.outbound.path = path
    return true
  }

  /// The SA that a tunnel's packets are sealed with now; nil if there is none: they must be dropped.
  public func outbound(tunnel: Int) -> OutboundSA? { sending[tunnel]?.outbound }

  /// Opens the ESP packet at `packet` in place: which tunnel it came through, and where the inner IP packet lies.
  ///
  /// Throws the reason for which the packet must be dropped and counted.
  public func open(
    _ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer
  ) throws(DropReason) -> (tunnel: Int, inner: Range<Int>) {
    hasOpenedNewest = false
    guard packet.count >= ESPPacketLayout.headerLength else { throw .truncated }
    let spi = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: packet.lowerBound, as: UInt32.self))
    guard let pair = pair(inboundSPI: spi) else { throw .unknownSPI }
    defer {
      hasOpenedNewest = pair.inbound.hasOpenedNewest
      if !pair.peerIsReady, pair.inbound.hasHeardFromPeer { startSending(on: pair) }
    }
    return (pair.tunnel, try pair.inbound.open(packet, in: buffer))
  }

  /// What lies in a packet that `open` has just refused as a dummy, and its tunnel; padding may lie behind it.
  public func dummy(
    _ packet: Range<Int>, in buffer: UnsafeMutableRawBufferPointer
  ) -> (tunnel: Int, payload: UnsafeRawBufferPointer)? {
    guard let pair = latest, packet.count >= pair.outbound.layout.prefixLength else { return nil }
    let payload = buffer[(packet.lowerBound + pair.outbound.layout.prefixLength)..<packet.upperBound]
    return (pair.tunnel, UnsafeRawBufferPointer(rebasing: payload))
  }

  /// The tunnel of the pair whose inbound SPI this is; nil if there is none.
  public func tunnel(inboundSPI spi: ESPSPI) -> Int? { pairs[spi.rawValue]?.tunnel }

  /// The pair whose packet has been opened last, if it is authentic and newer than all before it; nil for one that was
  /// refused, replayed or late. RFC 7296 section 2.23: only such a packet tells where the peer is.
  public var pairOfNewestPacket: SAPair? { hasOpenedNewest ? latest : nil }

  /// All pairs, for reports; in no order.
  public var installed: some Collection<SAPair> { pairs.values }

  /// Packets come in trains of one SA: the last one found is the likeliest.
  private func pair(inboundSPI spi: UInt32) -> SAPair? {
    if let latest, latest.inbound.spi.rawValue == spi { return latest }
    guard let pair = pairs[spi] else { return nil }
    latest = pair
    return pair
  }

  private func startSending(on pair: SAPair) {
    pair.peerIsReady = true
    electSender(pair.tunnel)
  }

  private func electSender(_ tunnel: Int) {
    let candidates = tunnels[tunnel] ?? []
    let current = candidates.filter { !$0.isSuperseded }
    let sender = current.last(where: \.peerIsReady) ?? current.first ?? candidates.last
    sending[tunnel] = sender
    if candidates.isEmpty { tunnels[tunnel] = nil }
    guard let sender, sender.peerIsReady else { return }
    for older in candidates.prefix(while: { $0 !== sender }) { older.isSuperseded = true }
  }
}

/// The two SAs of one Child SA.
public final class SAPair {
  /// The tunnel interface that the pair belongs to.
  public let tunnel: Int
  /// The receiving half.
  public let inbound: InboundSA
  /// The sending half.
  public let outbound: OutboundSA
  /// Whether the peer is known to receive on the pair.
  fileprivate(set) var peerIsReady: Bool
  /// Whether a newer pair has carried our packets already, so that the peer may have deleted this one.
  fileprivate var isSuperseded = false

  fileprivate init(
    _ parameters: ESPSAParameters, recovery: SequenceRecovery?, random: some RandomSource,
    implementation: CipherImplementation
  ) throws(CryptographyError) {
    tunnel = parameters.tunnel
    inbound = try InboundSA(parameters, recovery: recovery, implementation: implementation)
    outbound = try OutboundSA(parameters, random: random, implementation: implementation)
    peerIsReady = parameters.isInitiator
  }
}

/// Why a pair of SAs could not be installed.
public enum SADatabaseError: Error, Equatable, Sendable {
  /// Another pair has the same inbound SPI.
  case duplicateSPI(ESPSPI)
  /// The keys do not fit the suite.
  case cryptography(CryptographyError)
}
