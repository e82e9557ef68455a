import ESP
import FabricCrypto
import WireFormat

/// The way of one TCP packet of several segments as far as it needs no system: cut as from a TUN device, sealed, opened,
/// and joined again as for the other gateway's TUN device.
final class WholePath {
  private let database: SADatabase
  private let run = PacketRun()
  private let whole: UnsafeMutableRawBufferPointer
  private let header: VirtualNetworkHeader
  private let slot: UnsafeMutableRawBufferPointer

  private static let headerLength = 40

  /// `segments` packets of `length` bytes each, headers included.
  init(_ suite: ProtectionSuite, _ implementation: CipherImplementation, segments: Int, length: Int) throws {
    database = try .loop(suite, implementation)
    let payload = length - WholePath.headerLength
    whole = .allocate(byteCount: WholePath.headerLength + segments * payload, alignment: 64)
    slot = .allocate(
      byteCount: segments * (length + ESPPacketLayout.headroom + ESPPacketLayout.tailroom), alignment: 64)
    header = VirtualNetworkHeader(
      needsChecksum: true, segmentation: segments > 1 ? .tcpOverIPv4 : .none,
      headerLength: UInt16(WholePath.headerLength), segmentSize: UInt16(segments > 1 ? payload : 0), checksumStart: 20,
      checksumOffset: 16)
    writePacket()
  }

  deinit {
    whole.deallocate()
    slot.deallocate()
  }

  /// From 10.1.1.5 to 10.3.3.7, with nothing in it; the checksum field holds the pseudo-header's sum, as the kernel's does.
  private func writePacket() {
    whole.initializeMemory(as: UInt8.self, repeating: 0)
    whole.copyBytes(from: [
      0x45, 0, UInt8(whole.count >> 8), UInt8(whole.count & 0xFF), 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 1, 1, 5, 10, 3, 3, 7,
      0x13, 0x88, 0x13, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 1, 0,
    ])
    var ip = InternetChecksum()
    ip.add(UnsafeRawBufferPointer(rebasing: whole[..<20]))
    whole.storeBytes(of: ip.value.bigEndian, toByteOffset: 10, as: UInt16.self)
    var pseudoHeader = InternetChecksum()
    pseudoHeader.add(UnsafeRawBufferPointer(rebasing: whole[12..<20]))
    pseudoHeader.add(6)
    pseudoHeader.add(UInt16(whole.count - 20))
    whole.storeBytes(of: pseudoHeader.partialValue.bigEndian, toByteOffset: 36, as: UInt16.self)
  }

  /// Carries the packet once; whether it came out in one piece and as long as it went in.
  func carry() -> Bool {
    guard let sa = database.outbound(tunnel: 1), let packets = Segmentation(whole, header) else { return false }
    var end = 0
    for index in 0..<packets.count {
      let start = end + sa.layout.prefixLength
      let inner = start..<(start + packets.length(index))
      packets.write(index, to: UnsafeMutableRawBufferPointer(rebasing: slot[inner]))
      guard let sealed = try? sa.seal(inner, in: slot) else { return false }
      guard let opened = try? database.open(sealed, in: slot) else { return false }
      let packet = UnsafeMutableRawBufferPointer(rebasing: slot[opened.inner])
      if index == 0 { run.start(packet, joinsUDP: true) } else if !run.join(packet) { return false }
      end = sealed.upperBound
    }
    _ = run.finish()
    return run.length == whole.count
  }
}
