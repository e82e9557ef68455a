import LinuxNetworking
import Testing
import WireFormat

struct TUNDeviceTests {
  @Test("A ping to a tunnel's network comes out of its device, and the answer written there ends it", .needsRoot)
  func carriesPackets() throws {
    let temporary = try TemporaryNamespace()
    let device = try temporary.namespace.inside { try TUNDevice(creating: "vti-test") }
    let routing = try RouteNetlink(in: temporary.namespace)
    let link = try routing.existingLink(named: "vti-test")
    try routing.setMTU(1400, link: link.index)
    let address = try #require(InterfaceAddress("172.31.0.1/30"))
    try routing.ensureAddress(LinkAddress(linkIndex: link.index, address: address))
    try routing.setUp(link: link.index)
    #expect(try routing.existingLink(named: "vti-test").mtu == 1400)
    #expect(try routing.existingLink(named: "vti-test").queueLength == 1000)

    var program = Program("ping", ["-q", "-c", "1", "-W", "5", "172.31.0.2"], in: temporary.namespace)
    program.standardOutput = try FileDescriptor(path: "/dev/null", flags: 1)
    let ping = try ChildProcess(program)
    let loop = try EventLoop()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TUNDevice.maximumRead, alignment: 8)
    defer { buffer.deallocate() }
    try loop.watch(device.descriptor) {
      guard let count = try? device.read(into: buffer) else { return }
      let packet = UnsafeMutableRawBufferPointer(rebasing: buffer[VirtualNetworkHeader.length..<count])
      guard isEchoRequest(UnsafeRawBufferPointer(packet)) else { return }
      answerEcho(packet)
      // In two pieces, as a packet that was put together would be.
      let pieces = [packet[..<20], packet[20...]].map {
        UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer(rebasing: $0))
      }
      #expect(pieces.withUnsafeBufferPointer { device.write(.plain, $0) })
    }
    try loop.watch(ping.descriptor) { loop.stop() }
    try loop.run()
    #expect(try ping.reap() == .exited(0))
  }

  @Test("A UDP packet of several segments reaches a socket as datagrams, and a train comes out as one", .needsRoot)
  func carriesUDPSegments() throws {
    let temporary = try TemporaryNamespace()
    let address = try #require(InterfaceAddress("172.31.0.1/30"))
    let (device, socket) = try temporary.namespace.inside {
      let device = try TUNDevice(creating: "vti-test")
      let routing = try RouteNetlink()
      let link = try routing.existingLink(named: "vti-test")
      try routing.ensureAddress(LinkAddress(linkIndex: link.index, address: address))
      try routing.setUp(link: link.index)
      return (device, try UDPSocket(bindingTo: Endpoint(.v4(0xAC1F_0001), port: 4501)))
    }
    guard device.takesUDPSegments else { return print("this kernel does not take UDP segments by a TUN device") }

    let whole = UDPSuperPacket(payload: (0..<2500).map { UInt8(truncatingIfNeeded: $0 / 1000) })
    whole.bytes.withUnsafeBytes { bytes in
      let pieces = [UnsafeRawBufferPointer(bytes)]
      #expect(pieces.withUnsafeBufferPointer { device.write(whole.header(segmentSize: 1000), $0) })
    }
    let batch = DatagramBatch(capacity: 8, slotSize: 4096)
    #expect(try batch.receive(from: socket) == 3)
    for (index, length) in [1000, 1000, 500].enumerated() {
      #expect(Array(batch.datagram(index)) == [UInt8](repeating: UInt8(index), count: length))
    }

    let peer = Endpoint(.v4(0xAC1F_0002), port: 4502)
    batch.append(0..<1000, to: peer)
    for _ in 0..<2 where batch.trainEnd(forDatagramOf: 1000) != nil { batch.extendTrain(by: 1000) }
    #expect(batch.send(by: socket) == .init())
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TUNDevice.maximumRead, alignment: 8)
    defer { buffer.deallocate() }
    var segments: [VirtualNetworkHeader.Segmentation: Int] = [:]
    while let count = try device.read(into: buffer), let header = VirtualNetworkHeader(UnsafeRawBufferPointer(buffer)) {
      // Beside what we sent, the system greets its neighbours.
      segments[header.segmentation] = count - VirtualNetworkHeader.length
    }
    #expect(segments[.udp] == 3028)
  }

  @Test("A device's name must fit the kernel's 15 bytes", arguments: ["", "a-name-of-16-byt"])
  func refusesNames(name: String) {
    #expect(throws: LinuxError("create interface '\(name)'", code: 36)) { try TUNDevice(creating: name) }
  }

  private func isEchoRequest(_ packet: UnsafeRawBufferPointer) -> Bool {
    guard let header = IPHeader(packet), header.ipProtocol == IPProtocolNumber.icmp else { return false }
    return packet[header.headerLength] == 8
  }

  /// Turns an echo request into its reply: addresses exchanged, type 0, checksum corrected by the difference.
  private func answerEcho(_ packet: UnsafeMutableRawBufferPointer) {
    for index in 12..<16 { packet.swapAt(index, index + 4) }
    packet[20] = 0
    var sum = UInt32(packet[22]) << 8 + UInt32(packet[23]) + 0x0800
    sum = (sum & 0xFFFF) + sum >> 16
    packet[22] = UInt8(sum >> 8 & 0xFF)
    packet[23] = UInt8(sum & 0xFF)
  }
}

/// A UDP packet over IPv4 from 172.31.0.2 to 172.31.0.1, port 4501, its checksum left to the kernel.
private struct UDPSuperPacket {
  let bytes: [UInt8]

  init(payload: [UInt8]) {
    let addresses: [UInt8] = [172, 31, 0, 2, 172, 31, 0, 1]
    var pseudoHeader = InternetChecksum()
    pseudoHeader.add(addresses)
    pseudoHeader.add(UInt16(17))
    pseudoHeader.add(UInt16(8 + payload.count))
    var writer = ByteWriter()
    writer.write([0x45, 0])
    writer.write(UInt16(28 + payload.count))
    writer.write([0, 1, 0x40, 0, 64, 17, 0, 0])
    writer.write(addresses)
    var ip = InternetChecksum()
    ip.add(writer.bytes)
    writer.overwrite(ip.value, at: 10)
    for field in [4502, 4501, UInt16(8 + payload.count), pseudoHeader.partialValue] { writer.write(field) }
    writer.write(payload)
    bytes = writer.bytes
  }

  func header(segmentSize: UInt16) -> VirtualNetworkHeader {
    VirtualNetworkHeader(
      needsChecksum: true, segmentation: .udp, headerLength: 28, segmentSize: segmentSize, checksumStart: 20,
      checksumOffset: 6)
  }
}
