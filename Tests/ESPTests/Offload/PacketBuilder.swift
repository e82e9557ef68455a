import WireFormat

/// Builds TCP and UDP packets field by field, slowly and plainly: the reference for segmentation and coalescing.
struct PacketBuilder {
  enum Transport: CaseIterable {
    case tcp, udp
  }

  var family = IPAddress.Family.v4
  var transport = Transport.tcp
  var identification: UInt16 = 0x1234
  var trafficClass: UInt8 = 0
  var hopLimit: UInt8 = 64
  var dontFragment = true
  var ports: (UInt16, UInt16) = (5201, 40_000)
  var sequence: UInt32 = 1000
  var acknowledgement: UInt32 = 77
  var flags: UInt8 = 0x10
  var window: UInt16 = 512
  var options: [UInt8] = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]
  var payload: [UInt8] = []

  var ipLength: Int { family == .v4 ? 20 : 40 }
  var checksumOffset: Int { transport == .tcp ? 16 : 6 }
  private var protocolNumber: UInt8 { transport == .tcp ? 6 : 17 }

  /// The packet with all checksums complete.
  var bytes: [UInt8] {
    let segment = segment
    var writer = ByteWriter()
    if family == .v4 {
      writer.write([0x45, trafficClass])
      writer.write(UInt16(20 + segment.count))
      writer.write(identification)
      writer.write(UInt16(dontFragment ? 0x4000 : 0))
      writer.write([hopLimit, protocolNumber])
      writer.write(UInt16(0))
      writer.write(addresses)
      var sum = InternetChecksum()
      sum.add(writer.bytes)
      writer.overwrite(sum.value, at: 10)
    } else {
      writer.write([0x60 | trafficClass >> 4, trafficClass << 4, 0, 0])
      writer.write(UInt16(segment.count))
      writer.write([protocolNumber, hopLimit])
      writer.write(addresses)
    }
    writer.write(segment)
    return writer.bytes
  }

  private var addresses: [UInt8] {
    family == .v4 ? [10, 1, 1, 2, 10, 3, 3, 2] : (0..<32).map { UInt8($0) }
  }

  private var segment: [UInt8] {
    var writer = ByteWriter()
    writer.write(ports.0)
    writer.write(ports.1)
    if transport == .tcp {
      writer.write(sequence)
      writer.write(acknowledgement)
      writer.write([UInt8((20 + options.count) / 4) << 4, flags])
      writer.write(window)
      writer.write(UInt32(0))
      writer.write(options)
    } else {
      writer.write(UInt16(8 + payload.count))
      writer.write(UInt16(0))
    }
    writer.write(payload)
    var sum = InternetChecksum()
    sum.add(addresses)
    sum.add(UInt16(protocolNumber))
    sum.add(UInt16(writer.count))
    sum.add(writer.bytes)
    // RFC 768: zero says that there is no checksum.
    writer.overwrite(transport == .udp && sum.value == 0 ? 0xFFFF : sum.value, at: checksumOffset)
    return writer.bytes
  }

  /// The packets that a system without segmentation offload would have made of this one.
  func cut(into size: Int) -> [[UInt8]] {
    stride(from: 0, to: payload.count, by: size).map { offset in
      var packet = self
      packet.payload = Array(payload[offset..<min(offset + size, payload.count)])
      packet.sequence = sequence &+ UInt32(offset)
      packet.identification = identification &+ UInt16(truncatingIfNeeded: offset / size)
      if offset + size < payload.count { packet.flags &= ~0x09 }
      if offset > 0 { packet.flags &= ~0x80 }
      return packet.bytes
    }
  }
}
