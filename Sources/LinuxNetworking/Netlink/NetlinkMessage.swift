import CLinux
import Glibc
import WireFormat

// netlink(7): every message is a header, a fixed structure of its type, and attributes; all in host byte order and
// padded to four bytes.
//
//   +-----------+--------+---------+--------------+------------+
//   | length 4  | type 2 | flags 2 | sequence 4   | port id 4  |
//   +-----------+--------+---------+--------------+------------+
//   | fixed structure (ifinfomsg, ifaddrmsg, rtmsg, …)         |
//   +-----------+--------+-------------------------------------+
//   | length 2  | type 2 | value, padded to 4                  |  attribute, any number of them
//   +-----------+--------+-------------------------------------+

/// A message for the kernel, under construction.
struct NetlinkRequest {
  private(set) var bytes: [UInt8]

  init(_ type: Int32, flags: Int32) {
    bytes = []
    append(UInt32(0))  // the length, known at the end
    append(UInt16(truncatingIfNeeded: type))
    append(UInt16(truncatingIfNeeded: flags | NLM_F_REQUEST))
    append(UInt32(0))  // the sequence number, given at sending
    append(UInt32(0))  // to the kernel
  }

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func attribute(_ type: Int, _ value: [UInt8]) {
    append(UInt16(clamping: value.count + 4))
    append(UInt16(truncatingIfNeeded: type))
    bytes += value
    pad()
  }

  mutating func attribute(_ type: Int, _ value: UInt32) {
    attribute(type, withUnsafeBytes(of: value) { Array($0) })
  }

  mutating func attribute(_ type: Int, text: String) { attribute(type, Array(text.utf8) + [0]) }

  mutating func nested(_ type: Int, _ body: (inout NetlinkRequest) -> Void) {
    let start = bytes.count
    append(UInt16(0))
    append(UInt16(truncatingIfNeeded: type))
    body(&self)
    overwrite(UInt16(clamping: bytes.count - start), at: start)
  }

  /// The finished message.
  func encoded(sequence: UInt32) -> [UInt8] {
    var message = self
    message.overwrite(UInt32(clamping: bytes.count), at: 0)
    message.overwrite(sequence, at: 8)
    return message.bytes
  }

  private mutating func overwrite<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
  }

  private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }
}

/// A message from the kernel.
struct NetlinkMessage {
  let type: Int32
  let flags: Int32
  let sequence: UInt32
  let payload: ArraySlice<UInt8>

  /// The messages of one datagram; stops at the first that is malformed.
  static func parse(_ datagram: [UInt8]) -> [NetlinkMessage] {
    var messages: [NetlinkMessage] = []
    var rest = datagram[...]
    while let length: UInt32 = rest.integer(at: 0), length >= 16, length <= rest.count,
      let type: UInt16 = rest.integer(at: 4), let flags: UInt16 = rest.integer(at: 6),
      let sequence: UInt32 = rest.integer(at: 8)
    {
      let payload = rest.prefix(Int(length)).dropFirst(16)
      messages.append(
        NetlinkMessage(type: Int32(type), flags: Int32(flags), sequence: sequence, payload: payload))
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
    return messages
  }

  /// The attributes behind a fixed structure of `offset` bytes.
  func attributes(after offset: Int) -> NetlinkAttributes { NetlinkAttributes(payload.dropFirst(offset)) }
}

/// The attributes of a message by type; of a type that comes twice, the last.
struct NetlinkAttributes {
  private var values: [Int: ArraySlice<UInt8>] = [:]

  init(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while let length: UInt16 = rest.integer(at: 0), length >= 4, length <= rest.count,
      let type: UInt16 = rest.integer(at: 2)
    {
      // The upper two bits are flags (nested, network byte order).
      values[Int(type & 0x3FFF)] = rest.prefix(Int(length)).dropFirst(4)
      rest = rest.dropFirst((Int(length) + 3) & ~3)
    }
  }

  subscript(_ type: Int) -> ArraySlice<UInt8>? { values[type] }
  func uint32(_ type: Int) -> UInt32? { values[type]?.integer(at: 0) }
  func address(_ type: Int) -> IPAddress? { values[type].flatMap { IPAddress(bytes: $0) } }
  func nested(_ type: Int) -> NetlinkAttributes? { values[type].map { NetlinkAttributes($0) } }
  func text(_ type: Int) -> String? {
    values[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

extension ArraySlice<UInt8> {
  /// The host-order integer at `offset` from the slice's start; nil when it does not fit.
  func integer<Value: FixedWidthInteger>(at offset: Int) -> Value? {
    guard offset >= 0, count - offset >= Value.bitWidth / 8 else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
  }
}
