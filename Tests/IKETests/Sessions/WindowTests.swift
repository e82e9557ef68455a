import FabricTestKit
import Testing
import WireFormat

@testable import IKE

@Suite("Windows")
struct WindowTests {
  @Test("a request is sent five times, at 0, 0.5, 1.5, 3.5 and 7.5 seconds, and given up after 15.5")
  func retransmission() {
    var window = RequestWindow()
    window.open(
      Exchange(type: .informational, tasks: []), messageID: 3, OutgoingMessage(plain: [1]), at: .zero)
    #expect(window.nextMessageID == 4)
    var clock = ManualClock()
    var times: [Int64] = []
    while let deadline = window.outstanding?.deadline {
      clock.advance(to: deadline)
      times.append(clock.now.nanoseconds / 1_000_000)
      if window.timeout(at: clock.now) == .giveUp { break }
    }
    #expect(times == [500, 1500, 3500, 7500, 15500])
  }

  @Test("the last message id is used, and none after it")
  func messageIDs() {
    var window = RequestWindow()
    window.open(
      Exchange(type: .informational, tasks: []), messageID: .max, OutgoingMessage(plain: []), at: .zero)
    #expect(window.nextMessageID == nil)
  }

  @Test("a request is answered once; the same again gets the same answer, anything else none")
  func responses() throws {
    var window = ResponseWindow()
    #expect(try window.judge(request(0, 1)) == .process)
    #expect(try window.judge(request(1, 1)) == .drop)
    window.answered(try request(0, 1), with: OutgoingMessage(plain: [9]))
    #expect(try window.judge(request(0, 1)) == .repeatResponse)
    #expect(window.response?.datagrams == [[9]])
    #expect(try window.judge(request(0, 2)) == .drop)
    #expect(try window.judge(request(1, 2)) == .process)
    window.answered(try request(1, 2), with: OutgoingMessage(plain: [8]))
    #expect(try window.judge(request(0, 1)) == .drop)
    #expect(try window.judge(request(.max, 1)) == .drop)
  }

  /// A request with something of its own in it.
  private func request(_ messageID: UInt32, _ content: UInt8) throws -> ReceivedMessage {
    let header = IKEHeader(
      initiatorSPI: IKESPI(rawValue: 1), responderSPI: IKESPI(rawValue: 2), exchangeType: .informational,
      isFromInitiator: true, isResponse: false, messageID: messageID)
    return try ReceivedMessage(
      IKEMessage(header: header, payloads: [.nonce(NoncePayload(bytes: [content]))]).encoded())
  }
}
