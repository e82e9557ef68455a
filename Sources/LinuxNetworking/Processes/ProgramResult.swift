import Glibc
import WireFormat

/// What a program that ran to its end left behind.
public struct ProgramResult: Sendable {
  /// How it ended.
  public let status: ExitStatus
  /// What it wrote to standard output, up to the limit.
  public let standardOutput: [UInt8]
  /// What it wrote to standard error, up to the limit.
  public let standardError: [UInt8]

  /// Whether it returned 0.
  public var succeeded: Bool { status == .exited(0) }
  /// Standard output as text.
  public var output: String { String(decoding: standardOutput, as: UTF8.self) }
  /// Standard error as text.
  public var errorOutput: String { String(decoding: standardError, as: UTF8.self) }
}

/// Why a program's run counts as failed.
public enum ProgramError: Error, Sendable, CustomStringConvertible {
  /// It did not end in time and was killed.
  case timedOut(program: String, after: Duration)
  /// It ended with something else than status 0; `errorOutput` says why in its own words.
  case failed(program: String, status: ExitStatus, errorOutput: String)

  /// The failure in one line.
  public var description: String {
    switch self {
    case .timedOut(let program, let limit): "\(program): no end after \(limit), killed"
    case .failed(let program, let status, let errorOutput): "\(program): \(status): \(errorOutput)"
    }
  }
}

extension Program {
  /// Runs the program to its end and collects what it writes, both streams at once.
  ///
  /// - Parameters:
  ///   - input: what it reads from standard input.
  ///   - timeout: after which it is killed and `ProgramError.timedOut` thrown.
  ///   - outputLimit: bytes kept of each stream; what goes beyond is read and forgotten, so that it never blocks.
  /// - Throws: `LinuxError` when it cannot be started.
  public func runAndCapture(
    input: [UInt8] = [], timeout: Duration = .seconds(10), outputLimit: Int = 4 << 20
  ) throws -> ProgramResult {
    var streams = [try CapturedStream(limit: outputLimit), try CapturedStream(limit: outputLimit)]
    let child = try start(input: input, streams: &streams)
    let deadline = SystemClock.now.advanced(by: timeout)
    try CapturedStream.collect(&streams, until: deadline)
    guard let status = try child.wait(timeout: SystemClock.now.duration(to: deadline)) else {
      child.signal(SIGKILL)
      _ = try child.wait(timeout: .seconds(5))
      throw ProgramError.timedOut(program: executable, after: timeout)
    }
    return ProgramResult(status: status, standardOutput: streams[0].bytes, standardError: streams[1].bytes)
  }

  /// Runs the program and returns its standard output. Throws `ProgramError.failed` unless it returned 0.
  @discardableResult
  public func run(input: [UInt8] = [], timeout: Duration = .seconds(10)) throws -> String {
    let result = try runAndCapture(input: input, timeout: timeout)
    guard result.succeeded else {
      let command = ([executable] + arguments).joined(separator: " ")
      throw ProgramError.failed(
        program: command, status: result.status,
        errorOutput: result.errorOutput.split(separator: "\n").joined(separator: "; "))
    }
    return result.output
  }

  private func start(input: [UInt8], streams: inout [CapturedStream]) throws -> ChildProcess {
    var program = self
    if !input.isEmpty { program.standardInput = try .memory(input) }
    program.standardOutput = streams[0].takeWritingEnd()
    program.standardError = streams[1].takeWritingEnd()
    return try ChildProcess(program)
  }
}

/// One output stream of a program being collected.
private struct CapturedStream {
  private(set) var bytes: [UInt8] = []
  private let limit: Int
  private let reading: FileDescriptor
  private var writing: FileDescriptor?
  private var isOpen = true

  init(limit: Int) throws {
    let pipe = try FileDescriptor.pipe()
    self.limit = limit
    self.reading = pipe.reading
    self.writing = pipe.writing
  }

  /// Hands the writing end over; ours must close, or the end of the stream would never show.
  mutating func takeWritingEnd() -> FileDescriptor? {
    defer { writing = nil }
    return writing
  }

  /// Reads all streams as they fill until they end or `deadline` passes.
  static func collect(_ streams: inout [CapturedStream], until deadline: Instant) throws {
    while streams.contains(where: \.isOpen) {
      let left = SystemClock.now.duration(to: deadline)
      if left <= .zero { return }
      // poll(2) passes over negative descriptors.
      var polls = streams.map { pollfd(fd: $0.isOpen ? $0.reading.rawValue : -1, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&polls, nfds_t(polls.count), Int32(clamping: left.nanoseconds / 1_000_000 + 1))
      if ready <= 0 { continue }
      for index in streams.indices where polls[index].revents != 0 { try streams[index].readSome() }
    }
  }

  private mutating func readSome() throws {
    let chunk = try reading.read(upTo: 1 << 16)
    isOpen = !chunk.isEmpty
    bytes += chunk.prefix(max(0, limit - bytes.count))
  }
}
