import Glibc
import LinuxNetworking
import Testing

struct MessageChannelTests {
  private func message(_ received: MessageChannel.Received) -> ([UInt8], [FileDescriptor])? {
    if case .message(let bytes, let descriptors) = received { (bytes, descriptors) } else { nil }
  }

  @Test("Messages arrive whole and in order")
  func keepsBoundaries() throws {
    let (one, other) = try MessageChannel.pair()
    let large = [UInt8](repeating: 7, count: MessageChannel.maximumMessageSize)
    #expect(try one.send([1, 2, 3]))
    #expect(try one.send(large))
    #expect(message(try other.receive())?.0 == [1, 2, 3])
    #expect(message(try other.receive())?.0 == large)
    guard case .nothingYet = try other.receive() else {
      Issue.record("something was there")
      return
    }
  }

  @Test(
    "Empty and too large messages are refused by the sender", arguments: [0, MessageChannel.maximumMessageSize + 1])
  func refusesSizes(count: Int) throws {
    let (one, other) = try MessageChannel.pair()
    #expect(throws: LinuxError.self) { try one.send([UInt8](repeating: 0, count: count)) }
    withExtendedLifetime(other) {}
  }

  @Test("Descriptors pass with a message and stay usable", arguments: [1, 253])
  func passesDescriptors(count: Int) throws {
    let (one, other) = try MessageChannel.pair()
    let pipe = try FileDescriptor.pipe()
    #expect(try one.send([1], descriptors: Array(repeating: pipe.writing, count: count)))
    let descriptors = try #require(message(try other.receive())?.1)
    #expect(descriptors.count == count)
    try descriptors[count - 1].write([42])
    #expect(try pipe.reading.read(upTo: 8) == [42])
  }

  @Test("The end of the other process shows, after what it had sent")
  func noticesEnd() throws {
    let (one, other) = try MessageChannel.pair()
    _ = consume other
    guard case .closed = try one.receive() else {
      Issue.record("the channel looks open")
      return
    }
    #expect(throws: LinuxError("send a message", code: EPIPE)) { try one.send([1]) }
  }

  @Test("A sender that outruns its reader is told so rather than blocked")
  func reportsFullBuffer() throws {
    let (one, other) = try MessageChannel.pair()
    let message = [UInt8](repeating: 0, count: 1 << 16)
    var sent = 0
    while try one.send(message) { sent += 1 }
    #expect(sent > 4)
    withExtendedLifetime(other) {}
  }
}
