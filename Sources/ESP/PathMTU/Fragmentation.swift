import WireFormat

/// Cuts an IPv4 packet that is larger than the tunnel carries, and whose sender allows it, before it is sealed (RFC 791
/// section 3.2, RFC 4301 section 8.2): each piece is sealed by itself, and no outer packet is ever cut.
///
///     packet       │ IP │ options │ data 0 │ data 1 │ … │ rest │
///     fragments    │ IP │ options │ data 0 │   │ IP │ options │ data 1 │   …
public struct Fragmentation {
  private let packet: UnsafeRawBufferPointer
  private let headerLength: Int
  private let dataPerFragment: Int
  private static let moreFragments: UInt16 = 0x2000
  private static let offsetMask: UInt16 = 0x1FFF

  /// The fragments of at most `mtu` bytes of a whole IPv4 packet; nil if it must not be cut, or cannot.
  public init?(_ packet: UnsafeRawBufferPointer, mtu: Int) {
    guard let header = IPHeader(packet), header.source.family == .v4, !header.dontFragment,
      header.totalLength == packet.count
    else { return nil }
    self.packet = packet
    headerLength = header.headerLength
    // RFC 791 section 3.1: the offset counts units of eight bytes.
    dataPerFragment = (mtu - header.headerLength) / 8 * 8
    guard dataPerFragment > 0 else { return nil }
  }

  /// The number of fragments.
  public var count: Int { max(1, (dataLength + dataPerFragment - 1) / dataPerFragment) }

  /// Length of fragment `index` in bytes.
  public func length(_ index: Int) -> Int {
    headerLength + min(dataPerFragment, dataLength - index * dataPerFragment)
  }

  /// Writes fragment `index` to `target`, which is exactly `length(index)` bytes.
  public func write(_ index: Int, to target: UnsafeMutableRawBufferPointer) {
    precondition(index >= 0 && index < count && target.count == length(index), "room for one of the fragments")
    let start = headerLength + index * dataPerFragment
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: packet[..<headerLength]))
    UnsafeMutableRawBufferPointer(rebasing: target[headerLength...]).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: packet[start..<(start + target.count - headerLength)]))
    if index > 0 { Fragmentation.blankOptionsOfFirst(target, headerLength) }
    let field = UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    let offset = (field & Fragmentation.offsetMask) &+ UInt16(truncatingIfNeeded: index * dataPerFragment / 8)
    let isLast = index == count - 1 && field & Fragmentation.moreFragments == 0
    set(target, 2, UInt16(truncatingIfNeeded: target.count))
    set(target, 6, offset | (isLast ? 0 : Fragmentation.moreFragments))
    set(target, 10, 0)
    var sum = InternetChecksum()
    sum.add(UnsafeRawBufferPointer(rebasing: target[..<headerLength]))
    set(target, 10, sum.value)
  }

  private var dataLength: Int { packet.count - headerLength }

  /// RFC 791 section 3.1: options without the copied flag stand in the first fragment only. No-operation takes their
  /// place, so that all headers have one length.
  private static func blankOptionsOfFirst(_ packet: UnsafeMutableRawBufferPointer, _ headerLength: Int) {
    var index = 20
    while index < headerLength, packet[index] != 0 {
      let length = packet[index] == 1 ? 1 : index + 1 < headerLength ? Int(packet[index + 1]) : 0
      guard length >= 1, index + length <= headerLength else { return }
      if packet[index] & 0x80 == 0 { for byte in index..<(index + length) { packet[byte] = 1 } }
      index += length
    }
  }

  private func set(_ target: UnsafeMutableRawBufferPointer, _ offset: Int, _ value: UInt16) {
    target.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }
}
