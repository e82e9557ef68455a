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
