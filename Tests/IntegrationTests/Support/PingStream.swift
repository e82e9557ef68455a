import Foundation
import Glibc
import LinuxNetworking
import Testing

/// Packets from one host to another for six seconds, each of which is to be answered.
struct PingStream {
  /// Packets a second.
  static let rate = 200

  private let ping: ChildProcess
  private let output: FileDescriptor

  /// Begins to send.
  init(_ lab: RunningLab, from host: String, to address: String) throws {
    let interval = String(1 / Double(PingStream.rate))
    var program = Program("ping", ["-n", "-q", "-i", interval, "-c", String(6 * PingStream.rate), "-w", "10", address])
    program.namespace = lab.namespace(host)
    output = try .memory([])
    program.standardOutput = output
    ping = try ChildProcess(program)
  }

  /// Waits for the end and returns how many packets were lost.
  func end() throws -> Int {
    _ = try ping.wait(timeout: .seconds(15))
    lseek(output.rawValue, 0, SEEK_SET)
    let report = String(decoding: try output.read(upTo: 1 << 16), as: UTF8.self)
    let counts = try #require(report.firstMatch(of: /(\d+) packets transmitted, (\d+) received/), "\(report)")
    return try #require(Int(counts.1)) - #require(Int(counts.2))
  }
}
