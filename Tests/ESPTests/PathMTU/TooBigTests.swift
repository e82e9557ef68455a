import ESPReference
import FabricTestKit
import Testing
import WireFormat

@testable import ESP

private func icmpChecksumIsRight(_ answer: [UInt8]) -> Bool {
  var sum = InternetChecksum()
  if answer[0] >> 4 == 6 {
    sum.add(Array(answer[8..<40]))
    sum.add(UInt16(answer.count - 40))
    sum.add(UInt16(58))
    sum.add(Array(answer[40...]))
  } else {
    sum.add(Array(answer[20...]))
  }
  return sum.value == 0
}

struct ICMPTooBigTests {
  private func answer(_ packet: [UInt8], mtu: Int = 1300) -> [UInt8]? {
    packet.withUnsafeBytes { ICMPTooBig.answer(to: $0, mtu: mtu) }
  }

  @Test("An IPv4 sender learns the MTU from its own packet, quoted as far as 576 bytes allow", arguments: [1400, 60])
  func answersIPv4(length: Int) throws {
    let packet = Inner.v4(payload: [UInt8](repeating: 7, count: length - 20))
    let answer = try #require(self.answer(packet))
    let header = try #require(IPHeader(answer))
    #expect(header.source == .v4(0x0A03_0307))
    #expect(header.destination == .v4(0x0A01_0105))
    #expect(header.ipProtocol == IPProtocolNumber.icmp)
    #expect(answer.count == min(576, length + 28))
    #expect(Array(answer[20..<22]) == [3, 4])
    #expect(Array(answer[24..<28]) == [0, 0, 0x05, 0x14])
    #expect(Array(answer[28...]) == Array(packet.prefix(548)))
    #expect(icmpChecksumIsRight(answer))
    var sum = InternetChecksum()
    sum.add(Array(answer[..<20]))
    #expect(sum.value == 0)
  }

  @Test("An IPv6 sender learns the MTU from its own packet, quoted as far as 1280 bytes allow", arguments: [1400, 100])
  func answersIPv6(length: Int) throws {
    let packet = Inner.v6(payload: [UInt8](repeating: 7, count: length - 40))
    let answer = try #require(self.answer(packet))
    let header = try #require(IPHeader(answer))
    #expect(header.destination == IPHeader(packet)?.source)
    #expect(header.ipProtocol == IPProtocolNumber.icmpv6)
    #expect(answer.count == min(1280, length + 48))
    #expect(Array(answer[40..<42]) == [2, 0])
    #expect(Array(answer[44..<48]) == [0, 0, 0x05, 0x14])
    #expect(icmpChecksumIsRight(answer))
  }

  @Test("No error answers an error, a later fragment, or a packet that is not from one host to one host")
  func staysSilent() {
    let long = [UInt8](repeating: 3, count: 1400)
    #expect(answer(Inner.v4(ipProtocol: IPProtocolNumber.icmp, payload: long)) == nil)
    #expect(answer(Inner.v4(ipProtocol: IPProtocolNumber.icmp, payload: [8] + long)) != nil)
    #expect(answer(Inner.v4(fragmentOffset: 5, payload: long)) == nil)
    #expect(answer(Inner.v4(destination: 0xE000_0005, payload: long)) == nil)
    #expect(answer(Inner.v4(destination: 0xFFFF_FFFF, payload: long)) == nil)
    #expect(answer(Inner.v4(source: 0, payload: long)) == nil)
    #expect(answer([0x45, 0]) == nil)
  }
}

struct MaximumSegmentSizeTests {
  private func clamped(_ packet: [UInt8], mtu: Int = 1300) -> [UInt8] {
    var packet = packet
    packet.withUnsafeMutableBytes { MaximumSegmentSize.clamp($0, toMTU: mtu) }
    return packet
  }

  private func syn(_ family: IPAddress.Family, _ options: [UInt8], flags: UInt8 = 0x02) -> [UInt8] {
    PacketBuilder(family: family, flags: flags, options: options).bytes
  }

  @Test(
    "A SYN or SYN-ACK that promises too much is lowered, its checksum with it",
    arguments: [0x02, 0x12, 0xC2] as [UInt8])
  func lowers(flags: UInt8) {
    #expect(clamped(syn(.v4, [2, 4, 0x05, 0xB4], flags: flags)) == syn(.v4, [2, 4, 0x04, 0xEC], flags: flags))
    #expect(clamped(syn(.v6, [2, 4, 0x05, 0xA0], flags: flags)) == syn(.v6, [2, 4, 0x04, 0xD8], flags: flags))
  }

  @Test("The option may stand anywhere among others, at an odd place too")
  func findsOption() {
    #expect(
      clamped(syn(.v4, [1, 2, 4, 0x05, 0xB4, 3, 3, 7])) == syn(.v4, [1, 2, 4, 0x04, 0xEC, 3, 3, 7]))
    #expect(
      clamped(syn(.v4, [4, 2, 2, 4, 0x05, 0xB4, 1, 0])) == syn(.v4, [4, 2, 2, 4, 0x04, 0xEC, 1, 0]))
  }

  @Test("What promises little enough, is no SYN, or has no such option passes unchanged")
  func leavesAlone() {
    for packet in [
      syn(.v4, [2, 4, 0x04, 0xEC]), syn(.v4, [2, 4, 0x05, 0xB4], flags: 0x10), syn(.v4, []), syn(.v4, [0, 2, 4, 9]),
      syn(.v4, [2, 5, 0x05, 0xB4]), syn(.v4, [3, 0, 2, 4]), syn(.v4, [2, 9, 0xFF, 0xFF]), Inner.v4(), Inner.v6(), [],
    ] {
      #expect(clamped(packet) == packet)
    }
  }

  @Test("No packet whatever traps")
  func survivesNoise() {
    let random = SeededRandom(seed: 9)
    for _ in 0..<50_000 {
      var packet = syn(random.next() % 2 == 0 ? .v4 : .v6, random.randomBytes(Int(random.next() % 11) * 4))
      for _ in 0..<3 { packet[Int(random.next() % UInt64(packet.count))] = UInt8(truncatingIfNeeded: random.next()) }
      packet.removeLast(Int(random.next() % UInt64(packet.count)))
      _ = clamped(packet)
      packet.withUnsafeBytes { bytes in
        _ = ICMPTooBig.answer(to: bytes, mtu: 1300)
        if let fragments = Fragmentation(bytes, mtu: 40) { #expect(fragments.count > 0) }
      }
    }
  }
}

struct FragmentationTests {
  private func cut(_ packet: [UInt8], mtu: Int) -> [[UInt8]]? {
    packet.withUnsafeBytes { bytes in
      guard let fragments = Fragmentation(bytes, mtu: mtu) else { return nil }
      return (0..<fragments.count).map { index in
        var target = [UInt8](repeating: 0xAA, count: fragments.length(index))
        target.withUnsafeMutableBytes { fragments.write(index, to: $0) }
        return target
      }
    }
  }

  @Test("Fragments fit, follow each other without a gap and hold every byte", arguments: [68, 100, 576, 1300, 1399])
  func cuts(mtu: Int) throws {
    let payload = SeededRandom(seed: 6).randomBytes(1380)
    let fragments = try #require(cut(Inner.v4(payload: payload), mtu: mtu))
    var offset = 0
    for (index, fragment) in fragments.enumerated() {
      #expect(fragment.count <= mtu)
      let field = Int(fragment[6]) << 8 | Int(fragment[7])
      #expect((field & 0x1FFF) * 8 == offset)
      #expect((field & 0x2000 != 0) == (index < fragments.count - 1))
      var sum = InternetChecksum()
      sum.add(Array(fragment[..<20]))
      #expect(sum.value == 0)
      offset += fragment.count - 20
    }
    #expect(fragments.flatMap { $0[20...] } == payload)
  }

  @Test("A fragment may be cut again: more to come stays more to come")
  func cutsFragment() throws {
    let fragments = try #require(
      cut(Inner.v4(fragmentOffset: 0x2000 | 10, payload: Array(repeating: 1, count: 400)), mtu: 220))
    #expect(fragments.map { UInt16($0[6]) << 8 | UInt16($0[7]) } == [0x2000 | 10, 0x2000 | 35])
  }

  @Test("Options without the copied flag stand in the first fragment only")
  func copiesOptions() throws {
    var packet = Inner.v4(payload: Array(repeating: 1, count: 400))
    // A timestamp option (68, not copied), then a router alert (148, copied).
    packet.insert(contentsOf: [68, 4, 5, 0, 148, 4, 0, 0], at: 20)
    packet[0] = 0x47
    packet[3] = UInt8(truncatingIfNeeded: packet.count)
    packet[2] = UInt8(packet.count >> 8)
    let fragments = try #require(cut(packet, mtu: 228))
    #expect(Array(fragments[0][20..<28]) == [68, 4, 5, 0, 148, 4, 0, 0])
    #expect(Array(fragments[1][20..<28]) == [1, 1, 1, 1, 148, 4, 0, 0])
  }

  @Test("What has don't-fragment set, or is IPv6, is not cut")
  func refuses() {
    #expect(cut(Inner.v4(fragmentOffset: 0x4000, payload: Array(repeating: 1, count: 400)), mtu: 220) == nil)
    #expect(cut(Inner.v6(payload: Array(repeating: 1, count: 400)), mtu: 220) == nil)
    #expect(cut(Inner.v4(payload: Array(repeating: 1, count: 400)), mtu: 27) == nil)
  }
}

struct PathProbeTests {
  @Test("A probe survives sealing, comes out as a dummy, and is found in it")
  func travels() throws {
    let parameters = try ESPSAParameters.loopback()
    let database = SADatabase(random: SeededRandom(seed: 1))
    try database.install(parameters)
    for probe in [PathProbe.question(number: 7), .answer(number: .max)] {
      var buffer = [UInt8](repeating: 0xEE, count: 600)
      try buffer.withUnsafeMutableBytes { bytes in
        let payload = ESPPacketLayout.headroom..<(ESPPacketLayout.headroom + 500)
        probe.write(to: UnsafeMutableRawBufferPointer(rebasing: bytes[payload]))
        let sealed = try #require(try database.outbound(tunnel: 1)?.sealDummy(payload, in: bytes))
        #expect(throws: DropReason.dummy) { try database.open(sealed, in: bytes) }
        let dummy = try #require(database.dummy(sealed, in: bytes))
        #expect(dummy.tunnel == 1)
        #expect(PathProbe(dummy.payload) == probe)
      }
    }
  }

  @Test("Other dummies are no probes")
  func refuses() {
    for bytes in [[], [UInt8](repeating: 0, count: 64), Array("FABRPRB".utf8), Array("FABRPRBx0000".utf8)] {
      #expect(bytes.withUnsafeBytes { PathProbe($0) } == nil)
    }
  }
}
