import LinuxNetworking
import Testing
import WireFormat

struct DatagramBatchTests {
  private static let loopbacks = [IPAddress.v4(0x7F00_0001), IPAddress.v6(high: 0, low: 1)]

  @Test("A batch goes out in one piece and arrives with its source", arguments: loopbacks)
  func carriesBatch(loopback: IPAddress) throws {
    let sender = try UDPSocket(bindingTo: Endpoint(loopback, port: 0))
    let receiver = try UDPSocket(bindingTo: Endpoint(loopback, port: 0))
    let outgoing = DatagramBatch(capacity: 8, slotSize: 256)
    for index in 0..<8 {
      outgoing.slot(index)[16] = UInt8(index)
      outgoing.append(16..<(17 + index), to: receiver.localEndpoint)
    }
    #expect(outgoing.isFull)
    #expect(outgoing.send(by: sender) == 0)
    #expect(outgoing.count == 0)

    let incoming = DatagramBatch(capacity: 16, slotSize: 256)
    #expect(try incoming.receive(from: receiver) == 8)
    for index in 0..<8 {
      #expect(incoming.datagram(index).count == index + 1)
      #expect(incoming.datagram(index).first == UInt8(index))
      #expect(incoming.source(index) == sender.localEndpoint)
    }
    #expect(try incoming.receive(from: receiver) == 0)
  }

  @Test("A datagram larger than its slot comes out empty, the next one whole")
  func emptiesTruncated() throws {
    let socket = try UDPSocket(bindingTo: Endpoint(.v4(0x7F00_0001), port: 0))
    #expect(try socket.send([UInt8](repeating: 1, count: 65), to: socket.localEndpoint))
    #expect(try socket.send([UInt8](repeating: 2, count: 64), to: socket.localEndpoint))
    let batch = DatagramBatch(capacity: 4, slotSize: 64)
    #expect(try batch.receive(from: socket) == 2)
    #expect(batch.datagram(0).isEmpty)
    #expect(batch.datagram(1).count == 64)
  }

  @Test("A datagram that the system refuses does not hold back the ones behind it")
  func passesOverRefused() throws {
    let socket = try UDPSocket(bindingTo: Endpoint(.v4(0x7F00_0001), port: 0))
    let batch = DatagramBatch(capacity: 2, slotSize: 64)
    batch.append(0..<8, to: Endpoint(.v4(0x7F00_0001), port: 0))
    batch.append(0..<8, to: socket.localEndpoint)
    #expect(batch.send(by: socket) == 1)
    #expect(try batch.receive(from: socket) == 1)
  }

  @Test("Raw ESP goes out as protocol 50 and arrives behind an IPv4 header", .needsRoot)
  func carriesRawESP() throws {
    let socket = try RawESPSocket(bindingTo: .v4(0x7F00_0001))
    let batch = DatagramBatch(capacity: 2, slotSize: 256)
    batch.append(0..<32, to: Endpoint(.v4(0x7F00_0001), port: 0))
    #expect(batch.send(by: socket) == 0)
    #expect(try batch.receive(from: socket) == 1)
    let header = try #require(IPHeader(UnsafeRawBufferPointer(batch.datagram(0))))
    #expect(header.ipProtocol == IPProtocolNumber.esp)
    #expect(header.totalLength == 52)
  }
}
