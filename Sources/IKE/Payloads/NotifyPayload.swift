import WireFormat

/// N: an error or a piece of information (RFC 7296 section 3.10).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |  Protocol ID  |   SPI Size    |      Notify Message Type      |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                Security Parameter Index (SPI)                 ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~                       Notification Data                       ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
struct NotifyPayload: Hashable {
  let type: NotifyType
  /// The Child SA that is meant; nil where the notify is about the IKE SA.
  let childSPI: ESPSPI?
  let data: [UInt8]

  init(_ type: NotifyType, childSPI: ESPSPI? = nil, data: [UInt8] = []) {
    self.type = type
    self.childSPI = childSPI
    self.data = data
  }

  init(_ reader: inout ByteReader) throws(WireFormatError) {
    let protocolID = try reader.readUInt8()
    let spiSize = Int(try reader.readUInt8())
    self.type = NotifyType(rawValue: try reader.readUInt16())
    var spi = try reader.subreader(spiSize)
    if protocolID == SecurityProtocol.esp.rawValue, spiSize == 4 {
      self.childSPI = ESPSPI(rawValue: try spi.readUInt32())
    } else {
      self.childSPI = nil
    }
    self.data = Array(reader.readRemaining())
  }

  func write(to writer: inout ByteWriter) {
    // RFC 7296 section 3.10: without an SPI the protocol id is zero too.
    writer.write(childSPI == nil ? 0 : SecurityProtocol.esp.rawValue)
    writer.write(UInt8(childSPI == nil ? 0 : 4))
    writer.write(type.rawValue)
    if let childSPI { writer.write(childSPI.rawValue) }
    writer.write(data)
  }
}
