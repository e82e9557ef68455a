import Glibc
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
    #expect(outgoing.send(by: sender) == .init())
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
    #expect(batch.send(by: socket).refused == 1)
    #expect(try batch.receive(from: socket) == 1)
  }

  /// Puts `count` datagrams of `size` bytes and one of `rest` into one train.
  private func train(_ batch: DatagramBatch, count: Int, size: Int, rest: Int, to destination: Endpoint) {
    for (index, length) in (Array(repeating: size, count: count) + [rest]).enumerated() {
      let start = index == 0 ? 0 : batch.trainEnd(forDatagramOf: length) ?? 0
      let slot = batch.slot(0)
      for offset in 0..<length { slot[start + offset] = UInt8(index) }
      if index == 0 { batch.append(0..<length, to: destination) } else { batch.extendTrain(by: length) }
    }
  }

  @Test("A train leaves by one send and arrives as its datagrams", arguments: loopbacks, [true, false])
  func carriesTrain(loopback: IPAddress, receivesTrains: Bool) throws {
    let socket = try UDPSocket(bindingTo: Endpoint(loopback, port: 0))
    if receivesTrains { socket.receiveTrains() }
    let batch = DatagramBatch(capacity: 8, slotSize: 8192)
    train(batch, count: 5, size: 1000, rest: 300, to: socket.localEndpoint)
    #expect(batch.count == 1)
    #expect(batch.send(by: socket) == .init(), "the loopback interface takes trains")
    let slots = try batch.receive(from: socket)
    #expect(slots == (receivesTrains ? 1 : 6))
    let lengths = (0..<slots).flatMap { slot in
      stride(from: 0, to: batch.datagram(slot).count, by: batch.segmentSize(slot)).map {
        min(batch.segmentSize(slot), batch.datagram(slot).count - $0)
      }
    }
    #expect(lengths == [1000, 1000, 1000, 1000, 1000, 300])
    let last = batch.datagram(slots - 1)
    #expect(last[last.count - 1] == 5)
  }

  @Test("DSCP and ECN travel with each train, and only datagrams that agree share one", arguments: loopbacks)
  func carriesTrafficClass(loopback: IPAddress) throws {
    let socket = try UDPSocket(bindingTo: Endpoint(loopback, port: 0))
    socket.receiveTrains()
    try socket.receiveTrafficClass()
    let batch = DatagramBatch(capacity: 8, slotSize: 8192)
    batch.append(0..<100, to: socket.localEndpoint, trafficClass: 0xB9)
    #expect(batch.trainEnd(forDatagramOf: 100) == nil)
    #expect(batch.trainEnd(forDatagramOf: 100, trafficClass: 0xB8) == nil)
    #expect(batch.trainEnd(forDatagramOf: 100, trafficClass: 0xB9) == 100)
    batch.extendTrain(by: 100)
    batch.append(0..<100, to: socket.localEndpoint)
    #expect(batch.send(by: socket) == .init())
    #expect(try batch.receive(from: socket) == 2)
    #expect(batch.datagram(0).count == 200)
    #expect(batch.trafficClass(0) == 0xB9)
    #expect(batch.trafficClass(1) == 0)
  }

  @Test("What is larger than the link is told apart from what is refused, and its MTU is known", .needsRoot)
  func tellsTooBig() throws {
    let temporary = try TemporaryNamespace()
    let routing = try RouteNetlink(in: temporary.namespace)
    try routing.setMTU(1300, link: routing.existingLink(named: "lo").index)
    let socket = try temporary.namespace.inside { try UDPSocket(bindingTo: Endpoint(.v4(0x7F00_0001), port: 0)) }
    try socket.neverFragment()
    let batch = DatagramBatch(capacity: 8, slotSize: 8192)
    train(batch, count: 3, size: 1400, rest: 300, to: socket.localEndpoint)
    let outcome = batch.send(by: socket)
    #expect(outcome.tooBig == 3)
    #expect(outcome.refused == 0)
    #expect(!outcome.areTrainsRefused)
    #expect(socket.takePathMTUReports().map(\.mtu).allSatisfy { $0 == 1300 })
    #expect(socket.takePathMTUReports().isEmpty)
    #expect(try batch.receive(from: socket) == 1)
    // An IKE message may be larger than the path carries.
    #expect(try socket.send([UInt8](repeating: 1, count: 2000), to: socket.localEndpoint))
    #expect(try batch.receive(from: socket) == 1)
  }

  @Test("A train that the system refuses goes out one by one")
  func sendsSingly() throws {
    let socket = try UDPSocket(bindingTo: Endpoint(.v4(0x7F00_0001), port: 0))
    let batch = DatagramBatch(capacity: 8, slotSize: 8192)
    // A socket that sends no checksums cannot send trains (udp(7)): the kernel says EINVAL.
    var isWithoutChecksums: Int32 = 1
    setsockopt(socket.descriptor.rawValue, SOL_SOCKET, SO_NO_CHECK, &isWithoutChecksums, 4)
    train(batch, count: 1, size: 1000, rest: 900, to: socket.localEndpoint)
    #expect(batch.send(by: socket) == .init(areTrainsRefused: true))
    #expect(try batch.receive(from: socket) == 2)
  }

  @Test("A train ends with a shorter datagram, after 64 datagrams, and before it outgrows UDP")
  func limitsTrains() {
    let batch = DatagramBatch(capacity: 4, slotSize: 1 << 17)
    let destination = Endpoint(.v4(0x7F00_0001), port: 9)
    #expect(batch.trainEnd(forDatagramOf: 1) == nil)
    batch.append(0..<100, to: destination)
    #expect(batch.trainEnd(forDatagramOf: 101) == nil)
    #expect(batch.trainEnd(forDatagramOf: 100) == 100)
    batch.extendTrain(by: 40)
    #expect(batch.trainEnd(forDatagramOf: 40) == nil)
    batch.append(0..<100, to: destination)
    for _ in 1..<64 { batch.extendTrain(by: 100) }
    #expect(batch.trainEnd(forDatagramOf: 100) == nil)
    batch.append(0..<60_000, to: destination)
    #expect(batch.trainEnd(forDatagramOf: 5507) == 60_000)
    #expect(batch.trainEnd(forDatagramOf: 5508) == nil)
  }

  @Test("Raw ESP goes out as protocol 50 and arrives behind an IPv4 header", .needsRoot)
  func carriesRawESP() throws {
    let socket = try RawESPSocket(bindingTo: .v4(0x7F00_0001))
    let batch = DatagramBatch(capacity: 2, slotSize: 256)
    batch.append(0..<32, to: Endpoint(.v4(0x7F00_0001), port: 0))
    #expect(batch.send(by: socket) == .init())
    #expect(try batch.receive(from: socket) == 1)
    let header = try #require(IPHeader(UnsafeRawBufferPointer(batch.datagram(0))))
    #expect(header.ipProtocol == IPProtocolNumber.esp)
    #expect(header.totalLength == 52)
  }
}
