import WireFormat

/// Builds TCP and UDP packets field by field, slowly and plainly: the reference for segmentation and coalescing.
package struct PacketBuilder {
  package enum Transport: CaseIterable {
    case tcp, udp
  }

  package var family: IPAddress.Family
  package var transport: Transport
  package var identification: UInt16
  package var trafficClass: UInt8
  package var hopLimit: UInt8 = 64
  package var dontFragment = true
  package var ports: (UInt16, UInt16) = (5201, 40_000)
  package var sequence: UInt32
  package var acknowledgement: UInt32 = 77
  package var flags: UInt8
  package var window: UInt16 = 512
  package var options: [UInt8]
  package var payload: [UInt8]

  /// A packet; see the properties.
  package init(
    family: IPAddress.Family = .v4, transport: Transport = .tcp, identification: UInt16 = 0x1234,
    trafficClass: UInt8 = 0, sequence: UInt32 = 1000, flags: UInt8 = 0x10,
    options: [UInt8] = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], payload: [UInt8] = []
  ) {
    self.family = family
    self.transport = transport
    self.identification = identification
    self.trafficClass = trafficClass
    self.sequence = sequence
    self.flags = flags
    self.options = options
    self.payload = payload
  }

  package var ipLength: Int { family == .v4 ? 20 : 40 }
  package var checksumOffset: Int { transport == .tcp ? 16 : 6 }
  private var protocolNumber: UInt8 { transport == .tcp ? 6 : 17 }

  /// The packet with all checksums complete.
  package var bytes: [UInt8] {
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
    var sum = pseudoHeader(length: writer.count)
    sum.add(writer.bytes)
    // RFC 768: zero says that there is no checksum.
    writer.overwrite(transport == .udp && sum.value == 0 ? 0xFFFF : sum.value, at: checksumOffset)
    return writer.bytes
  }

  private func pseudoHeader(length: Int) -> InternetChecksum {
    var sum = InternetChecksum()
    sum.add(addresses)
    sum.add(UInt16(protocolNumber))
    sum.add(UInt16(length))
    return sum
  }

  /// The packets that a system without segmentation offload would have made of this one.
  package func cut(into size: Int) -> [[UInt8]] {
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

extension PacketBuilder {
  /// What a TUN device says of the packet: to be cut into segments of this size, or one whole packet.
  package func header(segmentSize: Int?) -> VirtualNetworkHeader {
    guard let segmentSize else { return .plain }
    let tcp = family == .v4 ? VirtualNetworkHeader.Segmentation.tcpOverIPv4 : .tcpOverIPv6
    return VirtualNetworkHeader(
      needsChecksum: true, segmentation: transport == .tcp ? tcp : .udp, headerLength: 0,
      segmentSize: UInt16(segmentSize), checksumStart: UInt16(ipLength), checksumOffset: UInt16(checksumOffset))
  }

  /// What a TUN device hands over where the system leaves the checksum to it: the header, and the packet with the sum of
  /// the pseudo-header in the checksum's place.
  package var withoutChecksum: (header: VirtualNetworkHeader, bytes: [UInt8]) {
    var header = header(segmentSize: 1)
    header.segmentation = .none
    header.segmentSize = 0
    var packet = bytes
    let sum = pseudoHeader(length: packet.count - ipLength).partialValue
    packet[ipLength + checksumOffset] = UInt8(sum >> 8)
    packet[ipLength + checksumOffset + 1] = UInt8(sum & 0xFF)
    return (header, packet)
  }
}
