import LinuxNetworking
import Testing

struct ProgramTests {
  @Test("A program's two output streams and its exit status are captured")
  func capturesStreams() throws {
    let result = try Program("sh", ["-c", "echo out; echo err >&2; exit 3"]).runAndCapture()
    #expect(result.output == "out\n")
    #expect(result.errorOutput == "err\n")
    #expect(result.status == .exited(3))
  }

  @Test("A program reads its input to the end")
  func readsInput() throws {
    let input = [UInt8](repeating: 0x61, count: 1 << 20)
    #expect(try Program("wc", ["-c"]).run(input: input) == "1048576\n")
  }

  @Test("Output beyond the limit is dropped without blocking the program")
  func limitsOutput() throws {
    let result = try Program("head", ["-c", "3000000", "/dev/zero"]).runAndCapture(outputLimit: 1000)
    #expect(result.status == .exited(0))
    #expect(result.standardOutput.count == 1000)
  }

  @Test("A program that does not end in time is killed")
  func killsAfterTimeout() throws {
    #expect(throws: ProgramError.self) { try Program("sleep", ["60"]).runAndCapture(timeout: .milliseconds(50)) }
  }

  @Test("A program that does not exist, or cannot be executed, throws the kernel's reason")
  func reportsFailureToStart() {
    #expect(throws: LinuxError("start no-such-program", code: 2)) { try Program("no-such-program").run() }
    #expect(throws: LinuxError("start /etc", code: 13)) { try Program("/etc").run() }
  }

  @Test("A failed run throws what the program said")
  func throwsErrorOutput() {
    let expected =
      "ls /no-such-file: exit status 2: /usr/bin/ls: cannot access '/no-such-file': No such file or directory"
    do {
      try Program("ls", ["/no-such-file"]).run()
      Issue.record("the run did not fail")
    } catch { #expect("\(error)" == expected) }
  }

  @Test("A child inherits exactly the descriptors it is given, and dies by its pidfd")
  func passesDescriptors() throws {
    let (ours, theirs) = try MessageChannel.pair()
    var program = Program("sh", ["-c", "echo hello >&3; exec sleep 60"])
    program.inherited = [theirs.descriptor]
    let child = try ChildProcess(program)
    guard case .message(let bytes, _) = try ours.waitForMessage(timeout: .seconds(5)) else {
      Issue.record("no message from the child")
      return
    }
    #expect(String(decoding: bytes, as: UTF8.self) == "hello\n")
    #expect(try child.reap() == nil)
    child.signal(9)
    #expect(try child.wait(timeout: .seconds(5)) == .signalled(9))
  }

  @Test("A program runs in the namespace it is given", .needsRoot)
  func entersNamespace() throws {
    let temporary = try TemporaryNamespace()
    let output = try Program("ip", ["-o", "link"], in: temporary.namespace).run()
    #expect(output.split(separator: "\n").count == 1)
  }
}
