import WireFormat

/// The test packets of STAMP in unauthenticated mode (RFC 8762 sections 4.2.1 and 4.3.1), which ESP authenticates.
///
/// They travel in dummy packets (RFC 4303 section 2.6) behind eight bytes that tell them from noise and from each other, as
/// the UDP ports would: so they need no address inside of the tunnel, pass no filter, and a peer of another make throws them
/// away.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            "FABR"                             |
///     |              "STM?" to, "STM!" from the reflector             |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                        Sequence Number                        |
///     |                          Timestamp                            |
///     |                                                               |
///     |         Error Estimate        |              MBZ              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─╮
///     |                      Receive Timestamp                        |  │ zero in the sender's
///     |                                                               |  │
///     |                 Session-Sender Sequence Number                |  │
///     |                  Session-Sender Timestamp                     |  │
///     |                                                               |  │
///     | Session-Sender Error Estimate |              MBZ              |  │
///     |Ses-Sender TTL |                      MBZ                      |  │
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+ ─╯
public enum STAMPPacket: Hashable, Sendable {
  /// What the Session-Sender sends.
  case test(STAMPTest)
  /// What the Session-Reflector answers.
  case reflection(STAMPReflection)

  /// Length of either in bytes.
  public static let length = 52
  private static let magic: UInt32 = 0x4641_4252
  private static let testKind: UInt32 = 0x5354_4D3F
  private static let reflectionKind: UInt32 = 0x5354_4D21

  /// Reads what a dummy packet carries; nil if that is no test packet.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= STAMPPacket.length else { return nil }
    func word(_ offset: Int) -> UInt32 {
      UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func timestamp(_ offset: Int) -> STAMPTimestamp {
      STAMPTimestamp(rawValue: UInt64(word(offset)) << 32 | UInt64(word(offset + 4)))
    }
    guard word(0) == STAMPPacket.magic else { return nil }
    switch word(4) {
    case STAMPPacket.testKind: self = .test(STAMPTest(sequence: word(8), timestamp: timestamp(12)))
    case STAMPPacket.reflectionKind:
      self = .reflection(
        STAMPReflection(
          test: STAMPTest(sequence: word(32), timestamp: timestamp(36)), received: timestamp(24),
          sent: timestamp(12)))
    default: return nil
    }
  }

  /// Writes it into `bytes`, at least `length` of them, and zeros behind it.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    func set(_ offset: Int, _ value: UInt32) {
      bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
    func set(_ offset: Int, _ timestamp: STAMPTimestamp) {
      bytes.storeBytes(of: timestamp.rawValue.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
    set(0, STAMPPacket.magic)
    // RFC 8762 section 4.2.1: neither end's clock is synchronised, and the multiplier must not be zero.
    set(20, STAMPPacket.errorEstimate)
    switch self {
    case .test(let test):
      set(4, STAMPPacket.testKind)
      set(8, test.sequence)
      set(12, test.timestamp)
    case .reflection(let reflection):
      set(4, STAMPPacket.reflectionKind)
      // RFC 8762 section 4.3: a stateless reflector copies the number.
      set(8, reflection.test.sequence)
      set(12, reflection.sent)
      set(24, reflection.received)
      set(32, reflection.test.sequence)
      set(36, reflection.test.timestamp)
      set(44, STAMPPacket.errorEstimate)
      // There is no TTL inside of a dummy packet.
      bytes[48] = 255
    }
  }

  /// S and Z clear, scale 0, multiplier 1; in the upper half of a word.
  private static let errorEstimate: UInt32 = 0x0001_0000
}

/// What a Session-Sender says.
public struct STAMPTest: Hashable, Sendable {
  /// The number of the test.
  public let sequence: UInt32
  /// When it was sent, on the sender's clock.
  public let timestamp: STAMPTimestamp

  /// A test.
  public init(sequence: UInt32, timestamp: STAMPTimestamp) {
    self.sequence = sequence
    self.timestamp = timestamp
  }
}

/// What a Session-Reflector says.
public struct STAMPReflection: Hashable, Sendable {
  /// The test that it answers.
  public let test: STAMPTest
  /// When the test came in and when the answer was sent, on the reflector's clock.
  public let received, sent: STAMPTimestamp

  /// An answer.
  public init(test: STAMPTest, received: STAMPTimestamp, sent: STAMPTimestamp) {
    self.test = test
    self.received = received
    self.sent = sent
  }
}

/// Seconds and their fraction in 32 bits each, as NTP has it (RFC 8762 section 4.2.1). The clocks here run from a beginning
/// of their own; only differences on one clock mean anything.
public struct STAMPTimestamp: RawRepresentable, Hashable, Sendable {
  /// Seconds in the upper half.
  public let rawValue: UInt64

  /// A timestamp as it stands on the wire.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// An instant on our own clock.
  public init(_ instant: Instant) {
    let (seconds, attoseconds) = Instant.zero.duration(to: instant).components
    let fraction = (UInt64(clamping: attoseconds / 1_000_000_000) << 32) / 1_000_000_000
    rawValue = UInt64(UInt32(truncatingIfNeeded: seconds)) << 32 | fraction
  }

  /// The time to a later timestamp of the same clock, to a quarter of a nanosecond; negative if that is the earlier one.
  public func duration(to later: STAMPTimestamp) -> Duration {
    let difference = Int64(bitPattern: later.rawValue &- rawValue)
    let fraction = Int64(UInt32(truncatingIfNeeded: difference))
    return .seconds(difference >> 32) + .nanoseconds((fraction * 1_000_000_000) >> 32)
  }
}
