import WireFormat

/// Builds TCP packets field by field, slowly and plainly: the reference for segmentation and coalescing.
struct TCPPacketBuilder {
  var family = IPAddress.Family.v4
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

  var headerLength: Int { (family == .v4 ? 20 : 40) + 20 + options.count }

  /// The packet with all checksums complete.
  var bytes: [UInt8] {
    let tcp = transport
    var writer = ByteWriter()
    if family == .v4 {
      writer.write([0x45, trafficClass])
      writer.write(UInt16(20 + tcp.count))
      writer.write(identification)
      writer.write(UInt16(dontFragment ? 0x4000 : 0))
      writer.write([hopLimit, 6])
      writer.write(UInt16(0))
      writer.write(addresses)
      var sum = InternetChecksum()
      sum.add(writer.bytes)
      writer.overwrite(sum.value, at: 10)
    } else {
      writer.write([0x60 | trafficClass >> 4, trafficClass << 4, 0, 0])
      writer.write(UInt16(tcp.count))
      writer.write([6, hopLimit])
      writer.write(addresses)
    }
    writer.write(tcp)
    return writer.bytes
  }

  private var addresses: [UInt8] {
    family == .v4 ? [10, 1, 1, 2, 10, 3, 3, 2] : (0..<32).map { UInt8($0) }
  }

  private var transport: [UInt8] {
    var writer = ByteWriter()
    writer.write(ports.0)
    writer.write(ports.1)
    writer.write(sequence)
    writer.write(acknowledgement)
    writer.write([UInt8((20 + options.count) / 4) << 4, flags])
    writer.write(window)
    writer.write(UInt32(0))
    writer.write(options)
    writer.write(payload)
    var sum = InternetChecksum()
    sum.add(addresses)
    sum.add(UInt16(6))
    sum.add(UInt16(writer.count))
    sum.add(writer.bytes)
    writer.overwrite(sum.value, at: 16)
    return writer.bytes
  }

  /// The packets that a system without segmentation offload would have made of this one.
  func cut(into size: Int) -> [[UInt8]] {
    stride(from: 0, to: payload.count, by: size).map { offset in
      var packet = self
      packet.payload = Array(payload[offset..<min(offset + size, payload.count)])
      packet.sequence = sequence &+ UInt32(offset)
      packet.identification = identification &+ UInt16(offset / size)
      if offset + size < payload.count { packet.flags = flags & ~0x09 }
      return packet.bytes
    }
  }
}
