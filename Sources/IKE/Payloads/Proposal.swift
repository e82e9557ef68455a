import WireFormat

/// One proposal of an SA payload: alternatives for each kind of transform (RFC 7296 section 3.3.1).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Last Substruc |   RESERVED    |         Proposal Length       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                        SPI (variable)                         ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                        <Transforms>                           ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct Proposal: Hashable {
  /// The SPI of the SA that is proposed, and with it the protocol.
  enum SPI: Hashable {
    /// The first IKE SA, whose SPIs stand in the header.
    case initialIKE
    /// An IKE SA that replaces another.
    case ike(IKESPI)
    /// An ESP SA.
    case esp(ESPSPI)
    /// A protocol that Fabric does not speak, or an SPI that cannot be.
    case unsupported
  }

  static let headerLength = 8

  /// Counts from 1; the response repeats the number of the proposal that it accepts.
  let number: UInt8
  let spi: SPI
  let transforms: [Transform]

  init(number: UInt8, spi: SPI, transforms: [Transform]) {
    self.number = number
    self.spi = spi
    self.transforms = transforms
  }

  /// Reads what follows the Proposal Length field; the reader holds exactly that.
  init(_ reader: inout ByteReader) throws(WireFormatError) {
    self.number = try reader.readUInt8()
    let protocolID = try reader.readUInt8()
    let spiSize = Int(try reader.readUInt8())
    let count = Int(try reader.readUInt8())
    var spi = try reader.subreader(spiSize)
    self.spi = try Proposal.readSPI(&spi, SecurityProtocol(rawValue: protocolID))
    var transforms: [Transform] = []
    for index in 1...max(1, count) where count > 0 {
      let isLast = try readSubstructureMark(&reader, more: 3)
      guard isLast == (index == count) else { throw .invalid(field: "number of transforms") }
      let length = Int(try reader.readUInt16())
      guard length >= Transform.headerLength else { throw .invalid(field: "transform length") }
      var body = try reader.subreader(length - 4)
      transforms.append(try Transform(&body))
    }
    guard reader.isAtEnd else { throw .invalid(field: "proposal length") }
    self.transforms = transforms
  }

  private static func readSPI(
    _ reader: inout ByteReader, _ securityProtocol: SecurityProtocol?
  ) throws(WireFormatError) -> SPI {
    switch (securityProtocol, reader.remaining) {
    case (.ike, 0): return .initialIKE
    case (.ike, 8):
      let spi = IKESPI(rawValue: try reader.readUInt64())
      return spi == .zero ? .unsupported : .ike(spi)
    case (.esp, 4): return ESPSPI(rawValue: try reader.readUInt32()).map { .esp($0) } ?? .unsupported
    default: return .unsupported
    }
  }

  func write(to writer: inout ByteWriter, isLast: Bool) {
    let start = writer.count
    writer.write(UInt8(isLast ? 0 : 2))
    writer.write(UInt8(0))
    writer.write(UInt16(0))
    writer.write(number)
    switch spi {
    case .initialIKE: writer.write([SecurityProtocol.ike.rawValue, 0, UInt8(clamping: transforms.count)])
    case .ike(let spi):
      writer.write([SecurityProtocol.ike.rawValue, 8, UInt8(clamping: transforms.count)])
      writer.write(spi.rawValue)
    case .esp(let spi):
      writer.write([SecurityProtocol.esp.rawValue, 4, UInt8(clamping: transforms.count)])
      writer.write(spi.rawValue)
    case .unsupported: preconditionFailure("only IKE and ESP SAs are ours to propose")
    }
    for (index, transform) in transforms.enumerated() {
      transform.write(to: &writer, isLast: index == transforms.count - 1)
    }
    writer.overwrite(UInt16(clamping: writer.count - start), at: start + 2)
  }
}

/// Reads the Last Substruc and RESERVED bytes that proposals and transforms start with; `more` says another follows.
func readSubstructureMark(_ reader: inout ByteReader, more: UInt8) throws(WireFormatError) -> Bool {
  let mark = try reader.readUInt8()
  guard mark == 0 || mark == more else { throw .invalid(field: "last substructure") }
  try reader.skip(1)
  return mark == 0
}
