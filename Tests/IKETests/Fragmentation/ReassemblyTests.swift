import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Reassembly of fragments")
struct ReassemblyTests {
  /// The datagram that a fragment came in; only its header and its length matter here.
  private func datagram(_ messageID: UInt32 = 5, length: Int = 0) throws -> ReceivedMessage {
    let header = IKEHeader(
      initiatorSPI: IKESPI(rawValue: 1), responderSPI: IKESPI(rawValue: 2), exchangeType: .informational,
      isFromInitiator: true, isResponse: false, messageID: messageID)
    let filling = VendorIDPayload(bytes: Array(repeating: 0, count: length))
    return try ReceivedMessage(IKEMessage(header: header, payloads: [.vendorID(filling)]).encoded())
  }

  private func piece(_ byte: UInt8, first: PayloadType = .none) -> ProtectedContents {
    ProtectedContents(first: first, bytes: [byte])
  }

  @Test("pieces in any order, some of them twice, make the message")
  func disorder() throws {
    var reassembly = Reassembly()
    let last = FragmentPosition(3, of: 3)
    #expect(try reassembly.add(piece(3), at: last, from: datagram(), at: .zero) == nil)
    #expect(try reassembly.add(piece(9), at: last, from: datagram(), at: .zero) == nil)
    let first = piece(1, first: .delete)
    #expect(try reassembly.add(first, at: FragmentPosition(1, of: 3), from: datagram(length: 40), at: .zero) == nil)
    let whole = try reassembly.add(piece(2), at: FragmentPosition(2, of: 3), from: datagram(), at: .zero)
    #expect(whole?.contents == ProtectedContents(first: .delete, bytes: [1, 2, 3]))
    #expect(try whole?.longestDatagram == datagram(length: 40).bytes.count)
    #expect(reassembly.deadline == nil)
  }

  @Test("a message cut into more pieces takes the place of one cut into fewer, and not the other way round")
  func recut() throws {
    var reassembly = Reassembly()
    #expect(try reassembly.add(piece(1), at: FragmentPosition(1, of: 2), from: datagram(), at: .zero) == nil)
    #expect(try reassembly.add(piece(7), at: FragmentPosition(3, of: 3), from: datagram(), at: .zero) == nil)
    #expect(try reassembly.add(piece(2), at: FragmentPosition(2, of: 2), from: datagram(), at: .zero) == nil)
    #expect(try reassembly.add(piece(5), at: FragmentPosition(1, of: 3), from: datagram(), at: .zero) == nil)
    let whole = try reassembly.add(piece(6), at: FragmentPosition(2, of: 3), from: datagram(), at: .zero)
    #expect(whole?.contents.bytes == [5, 6, 7])
  }

  @Test("pieces of two messages are not mixed")
  func messageIDs() throws {
    var reassembly = Reassembly()
    #expect(try reassembly.add(piece(1), at: FragmentPosition(1, of: 2), from: datagram(5), at: .zero) == nil)
    #expect(try reassembly.add(piece(2), at: FragmentPosition(2, of: 2), from: datagram(6), at: .zero) == nil)
    let whole = try reassembly.add(piece(3), at: FragmentPosition(1, of: 2), from: datagram(6), at: .zero)
    #expect(whole?.contents.bytes == [3, 2])
  }

  @Test("64 pieces are put together, and 65 are not waited for")
  func mostFragments() throws {
    for total: UInt16 in [64, 65] {
      var reassembly = Reassembly()
      var whole: Reassembly.Whole?
      for number in 1...total {
        whole = try reassembly.add(piece(1), at: FragmentPosition(number, of: total), from: datagram(), at: .zero)
      }
      #expect((whole != nil) == (total == 64))
    }
  }

  @Test("32 KiB are put together, and one byte more is thrown away")
  func mostBytes() throws {
    for excess in [0, 1] {
      var reassembly = Reassembly()
      let half = ProtectedContents(first: .none, bytes: Array(repeating: 1, count: Reassembly.mostBytes / 2))
      let rest = ProtectedContents(first: .none, bytes: half.bytes + Array(repeating: 1, count: excess))
      _ = try reassembly.add(half, at: FragmentPosition(1, of: 2), from: datagram(), at: .zero)
      let whole = try reassembly.add(rest, at: FragmentPosition(2, of: 2), from: datagram(), at: .zero)
      #expect((whole != nil) == (excess == 0))
      #expect(reassembly.deadline == nil)
    }
  }

  @Test("what is not whole after 30 seconds is thrown away")
  func patience() throws {
    var reassembly = Reassembly()
    _ = try reassembly.add(piece(1), at: FragmentPosition(1, of: 2), from: datagram(), at: .zero)
    let deadline = try #require(reassembly.deadline)
    #expect(deadline == Instant.zero.advanced(by: .seconds(30)))
    reassembly.expire(at: deadline.advanced(by: .nanoseconds(-1)))
    #expect(reassembly.deadline != nil)
    reassembly.expire(at: deadline)
    #expect(reassembly.deadline == nil)
    #expect(try reassembly.add(piece(2), at: FragmentPosition(2, of: 2), from: datagram(), at: deadline) == nil)
  }
}
