import WireFormat

/// D: SAs that the sender has deleted (RFC 7296 section 3.11).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | Protocol ID   |   SPI Size    |          Num of SPIs          |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~               Security Parameter Index(es) (SPI)              ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
enum DeletePayload: Hashable {
  /// The IKE SA that the message belongs to, and with it all its Child SAs.
  case ikeSA
  /// Child SAs, named by the SPIs at which the sender received.
  case childSAs([ESPSPI])
  /// SAs of a protocol that Fabric does not speak.
  case other

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    let protocolID = try reader.readUInt8()
    let spiSize = Int(try reader.readUInt8())
    let count = Int(try reader.readUInt16())
    var spis = try reader.subreader(spiSize * count)
    switch SecurityProtocol(rawValue: protocolID) {
    case .ike:
      // RFC 7296 section 3.11: the SPI of the IKE SA is that of the message, so none is named.
      guard spiSize == 0, count == 0 else { throw .invalid(field: "SPI of a deleted IKE SA") }
      self = .ikeSA
    case .esp:
      guard spiSize == 4 else { throw .invalid(field: "SPI size of deleted ESP SAs") }
      var named: [ESPSPI] = []
      while !spis.isAtEnd { if let spi = ESPSPI(rawValue: try spis.readUInt32()) { named.append(spi) } }
      self = .childSAs(named)
    case .ah, nil: self = .other
    }
  }

  func write(to writer: inout ByteWriter) {
    switch self {
    case .ikeSA:
      writer.write(SecurityProtocol.ike.rawValue)
      writer.write(UInt8(0))
      writer.write(UInt16(0))
    case .childSAs(let spis):
      writer.write(SecurityProtocol.esp.rawValue)
      writer.write(UInt8(4))
      writer.write(UInt16(clamping: spis.count))
      for spi in spis { writer.write(spi.rawValue) }
    case .other: preconditionFailure("only IKE and ESP SAs are ours to delete")
    }
  }
}
