import WireFormat

/// The header of every IKE message (RFC 7296 section 3.1).
///
/// ```
///                      1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                       IKE SA Initiator's SPI                  |
/// |                                                               |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                       IKE SA Responder's SPI                  |
/// |                                                               |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                          Message ID                           |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |                            Length                             |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct IKEHeader: Hashable {
  /// Bytes of the header.
  static let length = 28
  /// Major version 2, minor version 0.
  static let version: UInt8 = 0x20

  /// The SPI chosen by the original initiator of the IKE SA.
  var initiatorSPI: IKESPI
  /// The SPI chosen by the original responder; zero in the first message.
  var responderSPI: IKESPI
  /// Which exchange the message belongs to.
  var exchangeType: ExchangeType
  /// Whether the sender is the original initiator of the IKE SA (flag I).
  var isFromInitiator: Bool
  /// Whether the message answers a request (flag R).
  var isResponse: Bool
  /// Matches a response with its request, and finds retransmissions.
  var messageID: UInt32

  /// Flag I: set in messages from the original initiator.
  private static let initiatorFlag: UInt8 = 0x08
  /// Flag R: set in responses.
  private static let responseFlag: UInt8 = 0x20

  /// A header of our own.
  init(
    initiatorSPI: IKESPI, responderSPI: IKESPI, exchangeType: ExchangeType,
    isFromInitiator: Bool, isResponse: Bool, messageID: UInt32
  ) {
    self.initiatorSPI = initiatorSPI
    self.responderSPI = responderSPI
    self.exchangeType = exchangeType
    self.isFromInitiator = isFromInitiator
    self.isResponse = isResponse
    self.messageID = messageID
  }

  /// Reads the header of a datagram of `datagramLength` bytes, and the type of its first payload.
  init(
    _ reader: inout ByteReader, datagramLength: Int, firstPayload: inout PayloadType
  ) throws(MessageError) {
    do {
      self.initiatorSPI = IKESPI(rawValue: try reader.readUInt64())
      self.responderSPI = IKESPI(rawValue: try reader.readUInt64())
      firstPayload = PayloadType(rawValue: try reader.readUInt8())
      let version = try reader.readUInt8()
      // RFC 7296 section 3.1: a message with a higher major version is rejected; the minor version is ignored.
      guard version >> 4 == 2 else { throw MessageError.unsupportedVersion(major: version >> 4) }
      self.exchangeType = ExchangeType(rawValue: try reader.readUInt8())
      let flags = try reader.readUInt8()
      self.isFromInitiator = flags & IKEHeader.initiatorFlag != 0
      self.isResponse = flags & IKEHeader.responseFlag != 0
      self.messageID = try reader.readUInt32()
      let length = try reader.readUInt32()
      guard length == datagramLength else { throw WireFormatError.invalid(field: "IKE header length") }
      guard initiatorSPI != .zero else { throw WireFormatError.invalid(field: "IKE initiator SPI") }
    } catch {
      throw MessageError(error)
    }
  }

  /// Writes the header in front of `bodyLength` bytes of payloads.
  func write(to writer: inout ByteWriter, firstPayload: PayloadType, bodyLength: Int) {
    writer.write(initiatorSPI.rawValue)
    writer.write(responderSPI.rawValue)
    writer.write(firstPayload.rawValue)
    writer.write(IKEHeader.version)
    writer.write(exchangeType.rawValue)
    let initiator = isFromInitiator ? IKEHeader.initiatorFlag : 0
    let response = isResponse ? IKEHeader.responseFlag : 0
    writer.write(initiator | response)
    writer.write(messageID)
    writer.write(UInt32(IKEHeader.length + bodyLength))
  }
}

/// The Exchange Type field of the IKE header (RFC 7296 section 3.1).
struct ExchangeType: RawRepresentable, Hashable, CustomStringConvertible {
  let rawValue: UInt8

  /// Negotiates the IKE SA's algorithms and keys; not protected.
  static let initial = ExchangeType(rawValue: 34)
  /// Proves the identities and sets up the first Child SA.
  static let authentication = ExchangeType(rawValue: 35)
  /// Sets up a further Child SA, or rekeys a Child SA or the IKE SA.
  static let createChildSA = ExchangeType(rawValue: 36)
  /// Deletes, notifies, and asks whether the peer is alive.
  static let informational = ExchangeType(rawValue: 37)
  /// Resumes an IKE SA in place of IKE_SA_INIT (RFC 5723); not protected.
  static let sessionResume = ExchangeType(rawValue: 38)
  /// Comes between IKE_SA_INIT and IKE_AUTH, once for each additional key exchange (RFC 9242, RFC 9370 section 2.2.3).
  static let intermediate = ExchangeType(rawValue: 43)
  /// Follows CREATE_CHILD_SA, once for each additional key exchange (RFC 9370 section 2.2.4).
  static let followUpKeyExchange = ExchangeType(rawValue: 44)

  /// The RFC's name of the exchange.
  var description: String {
    switch self {
    case .initial: "IKE_SA_INIT"
    case .authentication: "IKE_AUTH"
    case .createChildSA: "CREATE_CHILD_SA"
    case .informational: "INFORMATIONAL"
    case .sessionResume: "IKE_SESSION_RESUME"
    case .intermediate: "IKE_INTERMEDIATE"
    case .followUpKeyExchange: "IKE_FOLLOWUP_KE"
    default: "exchange \(rawValue)"
    }
  }
}
