import FabricTestKit
import Foundation
import Glibc
import Lab
import LinuxNetworking
import Testing
import WireFormat

/// `tcpdump` on ISP lines.
struct LineCapture {
  /// The lines' namespaces, as `fabric lab exec` names them, and what captures there.
  private let captures: [(line: String, file: String, process: ChildProcess)]

  /// Starts to capture on every ISP line of the lab that is up, so many bytes of each frame, and returns once all of them
  /// listen.
  init(bytesOfFrame: Int = 262_144) throws {
    let directory = LabFiles.directory + "/capture"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: "/run/netns").sorted()
    captures = try names.filter { $0.hasPrefix(LabNames.prefix + "isp-") }.map { name in
      let file = "\(directory)/\(name).pcap"
      var tcpdump = Program(
        "tcpdump",
        [
          "-i", LabNames.line, "-n", "-p", "-U", "--immediate-mode", "-B", "16384", "-s", String(bytesOfFrame), "-Z",
          "root",
          "-w", file,
        ],
        in: NetworkNamespace(name))
      tcpdump.standardError = try FileDescriptor(path: file + ".log", flags: O_WRONLY | O_CREAT, mode: 0o600)
      return (String(name.dropFirst(LabNames.prefix.count)), file, try ChildProcess(tcpdump))
    }
    for capture in captures { try LineCapture.waitUntilListening(capture.file + ".log") }
  }

  private static func waitUntilListening(_ log: String) throws {
    for _ in 0..<250 {
      if let text = try? String(contentsOfFile: log, encoding: .utf8), text.contains("listening on") { return }
      usleep(20_000)
    }
    Issue.record("tcpdump does not start: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
  }

  /// How many frames tcpdump was too slow for, on all lines; known once it has stopped.
  func missed() -> Int {
    captures.reduce(0) { sum, capture in
      let log = (try? String(contentsOfFile: capture.file + ".log", encoding: .utf8)) ?? ""
      return sum + (log.firstMatch(of: /(\d+) packets dropped by kernel/).flatMap { Int($0.1) } ?? 0)
    }
  }

  /// Stops and returns the frames of each line.
  func stop() throws -> [String: [CapturedFrame]] {
    var frames: [String: [CapturedFrame]] = [:]
    for capture in captures {
      capture.process.signal(SIGINT)
      _ = try capture.process.wait(timeout: .seconds(5))
      let bytes = [UInt8](FileManager.default.contents(atPath: capture.file) ?? Data())
      frames[capture.line] = CaptureFile(bytes).frames.map(CapturedFrame.init)
    }
    return frames
  }
}

/// One Ethernet frame off an ISP line.
struct CapturedFrame {
  let bytes: [UInt8]

  /// What the frame is.
  enum Kind: Hashable {
    case addressResolution, dhcp, ike, esp
    /// A router says that a packet of IKE or ESP, which it quotes, is too large for the next line.
    case tooBig
    case other(String)
  }

  /// What may be on a line is named; everything else is `other`.
  var kind: Kind {
    switch word(at: 12) {
    case 0x0806: .addressResolution
    case 0x0800: kind(ipv4At: 14)
    case 0x86DD: kind(ipv6At: 14)
    default: .other("EtherType \(String(word(at: 12), radix: 16))")
    }
  }

  private func kind(ipv4At start: Int) -> Kind {
    let payload = start + Int(byte(at: start) & 0x0F) * 4
    let transport = byte(at: start + 9)
    guard transport == 1 else { return kind(transport, at: payload) }
    // RFC 1191 section 4: fragmentation needed.
    let isTooBig = byte(at: payload) == 3 && byte(at: payload + 1) == 4
    return isTooBig && isTunnel(kind(ipv4At: payload + 8)) ? .tooBig : .other("ICMP \(byte(at: payload))")
  }

  private func kind(ipv6At start: Int) -> Kind {
    let hasOptions = byte(at: start + 6) == 0
    let transport = byte(at: start + (hasOptions ? 40 : 6))
    let payload = start + (hasOptions ? 48 : 40)
    guard transport == 58 else { return kind(transport, at: payload) }
    switch byte(at: payload) {
    // RFC 4443 section 3.2: packet too big.
    case 2 where isTunnel(kind(ipv6At: payload + 8)): return .tooBig
    // Neighbour discovery (RFC 4861) and the multicast listener reports that it needs (RFC 3810).
    case 130...136, 143: return .addressResolution
    default: return .other("ICMPv6 \(byte(at: payload))")
    }
  }

  private func kind(_ transport: UInt8, at payload: Int) -> Kind {
    switch transport {
    case 50: return .esp
    case 17:
      let ports = [word(at: payload), word(at: payload + 2)]
      if ports.contains(500) { return .ike }
      if ports.contains(4500) { return isNonESPMarker(at: payload + 8) ? .ike : .esp }
      if Set(ports) == [67, 68] { return .dhcp }
      return .other("UDP \(ports)")
    default: return .other("protocol \(transport)")
    }
  }

  private func isTunnel(_ kind: Kind) -> Bool { kind == .ike || kind == .esp }

  /// RFC 3948 section 2.2: four zero bytes where ESP has its SPI.
  private func isNonESPMarker(at offset: Int) -> Bool { (0..<4).allSatisfy { byte(at: offset + $0) == 0 } }

  /// Whether the bytes stand anywhere in the frame.
  func contains(_ marker: [UInt8]) -> Bool {
    guard bytes.count >= marker.count else { return false }
    return (0...bytes.count - marker.count).contains { bytes[$0..<$0 + marker.count].elementsEqual(marker) }
  }

  /// SPI, and the IV of eight bytes that an AEAD has, of an ESP packet in UDP over IPv4; nil for any other frame.
  var spiAndIV: [UInt8]? {
    let spi = 14 + Int(byte(at: 14) & 0x0F) * 4 + 8
    guard word(at: 12) == 0x0800, byte(at: 23) == 17, kind == .esp, bytes.count >= spi + 16 else { return nil }
    return Array(bytes[spi..<spi + 4] + bytes[spi + 8..<spi + 16])
  }

  private func byte(at offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }
  private func word(at offset: Int) -> Int { Int(byte(at: offset)) << 8 | Int(byte(at: offset + 1)) }
}
