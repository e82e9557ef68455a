import Foundation
import Glibc
import LinuxNetworking
import WireFormat

/// A program that runs beside the event loop: the link role must see an interface go down while FRR reads a
/// configuration.
final class BackgroundProgram {
  /// What a program left behind.
  struct Outcome {
    let status: ExitStatus
    let output: String
    let errorOutput: String

    var succeeded: Bool { status == .exited(0) }
  }

  private let child: ChildProcess
  private let output: FileDescriptor
  private let errorOutput: FileDescriptor
  private var killTimer: EventTimer?

  /// Starts a program and calls `completion` when it has ended; one that takes longer than `timeout` is killed.
  static func start(
    _ program: Program, on loop: EventLoop, timeout: Duration = .seconds(20),
    completion: @escaping (Outcome) -> Void
  ) throws {
    let running = try BackgroundProgram(program)
    running.killTimer = try loop.makeTimer { [child = running.child] in child.signal(SIGKILL) }
    running.killTimer?.schedule(after: timeout)
    // The handler keeps the program alive until it has ended.
    try loop.watch(running.child.descriptor) {
      guard let status = try? running.child.reap() else { return }
      loop.unwatch(running.child.descriptor)
      running.killTimer = nil
      completion(
        Outcome(
          status: status, output: BackgroundProgram.text(of: running.output),
          errorOutput: BackgroundProgram.text(of: running.errorOutput)))
    }
  }

  private init(_ program: Program) throws {
    // Files in memory take whatever comes, so that the program never waits for us to read.
    output = try .memory([])
    errorOutput = try .memory([])
    var program = program
    program.standardOutput = output
    program.standardError = errorOutput
    child = try ChildProcess(program)
  }

  private static func text(of file: FileDescriptor) -> String {
    lseek(file.rawValue, 0, SEEK_SET)
    var bytes: [UInt8] = []
    while bytes.count < 16 << 20, let chunk = try? file.read(upTo: 1 << 16), !chunk.isEmpty { bytes += chunk }
    return String(decoding: bytes, as: UTF8.self)
  }
}
