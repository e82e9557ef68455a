import FabricCrypto
import WireFormat

/// Gives out tickets and takes them back (RFC 5723): a ticket holds the IKE SA itself, sealed with a key that only this
/// gateway has and that outlives the process. So there is nothing to remember, however many tickets are out.
///
///     ticket = id (16 random bytes) | AES-256-GCM of what is below, with a key of its own
///     key    = prf+ (secret, id)
///
///     expiry, seconds since 1970 (8) | fingerprint of the connection (32) | PPK mixed in (1)
///     | length (2) and body of the peer's ID | length (2) and body of the suite's SA payload | SK_d
struct TicketIssuer {
  private static let identifierLength = 16
  private static let suite = ProtectionSuite.aead(.aes256GCM16)

  private let secret: SecretBytes
  /// Seconds since 1970 at the clock's origin.
  private let origin: Int64
  /// The tickets that have been used, until they expire: none is taken twice.
  private var used: [[UInt8]: Int64] = [:]
  /// More used tickets than this are not remembered: who replays one cannot go on without SK_d.
  private static let mostUsed = 20_000

  /// Tickets out of a secret that outlives the process; `secondsSince1970` is the time of day at `now`.
  init(recoverySecret: SecretBytes, secondsSince1970: Int64, at now: Instant) {
    secret = PseudorandomFunction.hmacSHA256(key: recoverySecret, Array("session tickets".utf8))
    origin = secondsSince1970 - now.nanoseconds / 1_000_000_000
  }

  private func time(_ now: Instant) -> Int64 { origin + now.nanoseconds / 1_000_000_000 }

  /// A ticket for a session of this connection; nil where cryptography fails.
  func ticket(
    for session: ResumableSession, of connection: IKEConnection, lifetime: Duration, _ context: SessionContext
  ) -> [UInt8]? {
    var contents = ByteWriter(capacity: 256)
    contents.write(UInt64(clamping: time(context.now) + lifetime.components.seconds))
    contents.write(fingerprint(of: connection))
    contents.write(UInt8(session.hasPostQuantumPresharedKey ? 1 : 0))
    var suite = ByteWriter()
    SecurityAssociationPayload([session.suite.choice(number: 1, spi: .initialIKE)]).write(to: &suite)
    for field in [session.peer.body, suite.bytes] {
      contents.write(UInt16(clamping: field.count))
      contents.write(field)
    }
    session.derivation.withUnsafeBytes { contents.write($0) }
    return seal(contents.bytes, context.random.randomBytes(TicketIssuer.identifierLength))
  }

  /// The session of a ticket that is ours, has not expired, has not been used, and whose connection is as it was.
  mutating func redeem(_ ticket: [UInt8], uplink: String, _ context: SessionContext) -> ResumableSession? {
    let now = time(context.now)
    guard let (contents, identifier) = open(ticket), used[identifier] == nil,
      let (session, expiry) = try? read(contents, uplink: uplink, context), expiry > now
    else { return nil }
    if used.count >= TicketIssuer.mostUsed { used = used.filter { $0.value > now } }
    if used.count < TicketIssuer.mostUsed { used[identifier] = expiry }
    return session
  }

  private func read(
    _ contents: [UInt8], uplink: String, _ context: SessionContext
  ) throws -> (ResumableSession, expiry: Int64)? {
    var reader = ByteReader(contents)
    let expiry = Int64(clamping: try reader.readUInt64())
    let fingerprint = Array(try reader.read(32))
    let hasPPK = try reader.readUInt8() == 1
    var identity = try reader.subreader(Int(try reader.readUInt16()))
    let peer = try IdentificationPayload(&identity)
    var choice = try reader.subreader(Int(try reader.readUInt16()))
    let offer = try SecurityAssociationPayload(&choice)
    // RFC 5723 section 4.3.2: a ticket is worth no more than the policy of today allows.
    guard let name = peer.identity,
      let connection = context.directory.connection(uplink: uplink, peer: name, wanted: nil),
      fingerprint == self.fingerprint(of: connection), let suite = connection.ikeProposals.select(from: offer)?.suite
    else { return nil }
    let session = ResumableSession(
      peer: peer, suite: suite, derivation: SecretBytes(reader.readRemaining()), hasPostQuantumPresharedKey: hasPPK)
    return (session, expiry)
  }

  /// By which a connection is known to be the same: who its ends are, what they know, and what they accept.
  private func fingerprint(of connection: IKEConnection) -> [UInt8] {
    var writer = ByteWriter(capacity: 256)
    for identity in [connection.localIdentity, connection.remoteIdentity] {
      let body = IdentificationPayload(identity).body
      writer.write(UInt16(clamping: body.count))
      writer.write(body)
    }
    let ppk = connection.postQuantumPresharedKey
    writer.write(Array("\(connection.ikeProposals.text); PPK \(ppk?.identity ?? "-") \(ppk?.isRequired ?? false)".utf8))
    var keys = SecretBytes(writer.bytes)
    if case .presharedKey(let key) = connection.authentication { keys = key.withUnsafeBytes { keys + $0 } }
    if let ppk { keys = ppk.key.withUnsafeBytes { keys + $0 } }
    return PseudorandomFunction.hmacSHA256(key: secret, keys).withUnsafeBytes { Array($0) }
  }

  // MARK: Sealing

  private func seal(_ contents: [UInt8], _ identifier: [UInt8]) -> [UInt8]? {
    var bytes = identifier + contents + Array(repeating: 0, count: TicketIssuer.suite.icvLength)
    guard let cipher = cipher(identifier) else { return nil }
    let isSealed = bytes.withUnsafeMutableBytes { bytes in
      withParts(bytes) { header, iv, text, icv in
        (try? cipher.seal(header: header, iv: iv, text: text, icv: icv)) != nil
      }
    }
    return isSealed ? bytes : nil
  }

  private func open(_ ticket: [UInt8]) -> (contents: [UInt8], identifier: [UInt8])? {
    let overhead = TicketIssuer.identifierLength + TicketIssuer.suite.icvLength
    guard ticket.count > overhead, ticket.count <= HeldTicket.longest else { return nil }
    let identifier = Array(ticket.prefix(TicketIssuer.identifierLength))
    guard let cipher = cipher(identifier) else { return nil }
    var bytes = ticket
    let isOurs = bytes.withUnsafeMutableBytes { bytes in
      withParts(bytes) { header, iv, text, icv in
        cipher.open(header: header, iv: iv, text: text, icv: UnsafeRawBufferPointer(icv))
      }
    }
    guard isOurs else { return nil }
    return (Array(bytes.dropFirst(identifier.count).dropLast(TicketIssuer.suite.icvLength)), identifier)
  }

  /// The key of one ticket, which seals nothing else: its IV may be zero.
  private func cipher(_ identifier: [UInt8]) -> PacketCipher? {
    let length = TicketIssuer.suite.encryptionKeyLength
    guard let key = try? PseudorandomFunction.hmacSHA256.expand(key: secret, seed: identifier, count: length) else {
      return nil
    }
    return try? PacketCipher(suite: TicketIssuer.suite, encryptionKey: key, integrityKey: nil)
  }

  private func withParts(
    _ bytes: UnsafeMutableRawBufferPointer,
    _ body: (
      UnsafeRawBufferPointer, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer
    ) -> Bool
  ) -> Bool {
    let start = TicketIssuer.identifierLength
    let end = bytes.count - TicketIssuer.suite.icvLength
    let iv = [UInt8](repeating: 0, count: TicketIssuer.suite.encryption.ivLength)
    return iv.withUnsafeBytes { iv in
      body(
        UnsafeRawBufferPointer(rebasing: bytes[..<start]), iv,
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end]),
        UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
    }
  }
}
