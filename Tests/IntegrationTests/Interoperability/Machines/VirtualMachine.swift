import Foundation
import Glibc
import Lab
import LinuxNetworking
import Testing

/// A Linux kernel of its own, with ESP: user-mode-linux as a process in the gateway's namespace, on this machine's files
/// (see `scripts/interop-guest`).
///
/// It takes the gateway's place: the namespace keeps no address and joins each of its lines to a line of the machine.
///
/// ```
///  LAN ── lan0 ═ bridge ═ tap-lan0 ── vec1 ┐
///                                           kernel, daemon
///  ISP ── wan0 ═ bridge ═ tap-wan0 ── vec0 ┘
/// ```
final class VirtualMachine: PeerMachine {
  let directory: String
  let hasKernelESP = true
  private let process: ChildProcess
  private let keyboard: FileDescriptor
  private var console: String { directory + "/console" }

  /// Whether this machine has what it takes.
  static var isAvailable: Bool { Program.find("linux.uml") != nil }

  /// Boots a kernel in the place of a partner's gateway; `waitUntilReady` says when it can be used.
  init(_ partner: ThirdParties.Partner) throws {
    let namespace = NetworkNamespace(LabNames.gateway(partner.name))
    directory = "\(LabFiles.directory)/machine/\(partner.name)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let wiring = ["wan0", "lan0"].flatMap(Self.wiring).joined(separator: "\n") + "\n"
    try Program("ip", ["-batch", "-"], in: namespace).run(input: Array(wiring.utf8))
    var kernel = Program("linux.uml", Self.commandLine(partner, directory: directory), in: namespace)
    let pipe = try FileDescriptor.pipe()
    keyboard = pipe.writing
    kernel.standardInput = pipe.reading
    kernel.standardOutput = try FileDescriptor(path: directory + "/console", flags: O_WRONLY | O_CREAT | O_APPEND)
    kernel.standardError = kernel.standardOutput
    kernel.leadsProcessGroup = true
    process = try ChildProcess(kernel)
  }

  /// Moves a line of the namespace to the machine. The machine's driver takes no segments that are still in one piece.
  private static func wiring(_ line: String) -> [String] {
    [
      "address flush dev \(line)", "link add br-\(line) type bridge", "link set \(line) master br-\(line)",
      "tuntap add mode tap name tap-\(line)", "link set tap-\(line) master br-\(line) gso_max_segs 1 up",
      "link set br-\(line) up",
    ]
  }

  private static func commandLine(_ partner: ThirdParties.Partner, directory: String) -> [String] {
    [
      "mem=160M", "quiet", "loglevel=1", "umid=\(partner.name)", "uml_dir=\(directory)",
      "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
      "init=\(FabricBinary.script("interop-guest"))", "shared=\(directory)", "unpacked=\(Libreswan.directory)",
      "con0=fd:0,fd:1", "con=null",
      "vec0:transport=tap,ifname=tap-wan0", "vec1:transport=tap,ifname=tap-lan0",
    ]
  }

  /// Waits for the kernel and gives it the gateway's addresses.
  func waitUntilReady(as partner: ThirdParties.Partner) throws {
    try read(from: 0, until: "guest: ready")
    try run(
      """
      ip address add \(partner.address)/24 dev vec0; ip address add \(partner.gatewayInLAN)/24 dev vec1; \
      ip link set vec0 up; ip link set vec1 up; ip route add default via \(partner.router)
      """)
  }

  @discardableResult
  func run(_ command: String) throws -> String {
    let start = try text().count
    try keyboard.write(Array((command + "\n").utf8))
    let output = try read(from: start, until: "guest: exit [0-9]+")
    guard output.hasSuffix("guest: exit 0\n") else { throw CommandFailed(command: command, output: output) }
    return output
  }

  /// Waits for a line of the console, after `start` bytes of it, and returns what was written from there.
  @discardableResult
  private func read(from start: Int, until line: String) throws -> String {
    let pattern = try Regex(line + "\\n")
    for _ in 0..<4000 {
      let output = String(decoding: try text().dropFirst(start), as: UTF8.self)
      if output.contains(pattern) { return output }
      usleep(20_000)
    }
    throw CommandFailed(command: "(wait for \(line))", output: String(decoding: try text(), as: UTF8.self))
  }

  private func text() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: console)) }

  func stop() throws {
    kill(-process.identifier, SIGKILL)
    _ = try process.wait(timeout: .seconds(5))
  }

  /// A command that did not succeed.
  struct CommandFailed: Error { let command, output: String }
}
