import Foundation
import Testing

@testable import LinuxNetworking

@Suite("A rendezvous")
struct RendezvousTests {
  private let directory = FileManager.default.temporaryDirectory.path + "/rendezvous-\(UUID().uuidString)"

  init() throws { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) }

  @Test("leads to the process that listens, and carries messages and descriptors", .enabled(if: geteuid() == 0))
  func meeting() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    // Longer than the address of a unix socket may be.
    let path = directory + "/" + String(repeating: "x", count: 80)
    let rendezvous = try Rendezvous(binding: path)
    #expect(try Rendezvous.connect(to: path) == nil)
    try rendezvous.listen()
    let visitor = try #require(try Rendezvous.connect(to: path))
    #expect(visitor.process == getpid())
    let host = try #require(try rendezvous.accept())
    #expect(try rendezvous.accept() == nil)
    #expect(try host.send([1, 2], descriptors: [.memory([3])]))
    guard case .message(let bytes, let descriptors) = try visitor.channel.receive() else {
      Issue.record("nothing came")
      return
    }
    #expect(bytes == [1, 2])
    #expect(descriptors.count == 1)
  }

  @Test("leads nowhere when there is no file, or nobody behind it")
  func nobody() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    #expect(try Rendezvous.connect(to: directory + "/none") == nil)
    do { try Rendezvous(binding: directory + "/left").listen() }
    #expect(try Rendezvous.connect(to: directory + "/left") == nil)
  }

  @Test("A channel tells when its other end is gone")
  func abandoned() throws {
    let (one, other) = try MessageChannel.pair()
    #expect(!one.isAbandoned)
    _ = try other.send([1])
    withExtendedLifetime(other) {}
    let lonely = try MessageChannel.pair().0
    #expect(lonely.isAbandoned)
  }
}

@Suite("A process taken over")
struct AdoptedProcessTests {
  @Test("is watched and signalled, its end seen but not its status")
  func end() throws {
    let started = try ChildProcess(Program("sleep", ["60"]))
    // Another value for the same process, which is our child: its status is then there after all.
    let adopted = try ChildProcess(adopting: started.identifier)
    #expect(try adopted.reap() == nil)
    adopted.signal(9)
    #expect(try adopted.wait(timeout: .seconds(5)) == .signalled(9))
    #expect(throws: LinuxError.self) { try ChildProcess(adopting: started.identifier) }
  }

  @Test("Nobody's child ends without a status")
  func stranger() throws {
    // setsid forks when it leads a group, and its child is nobody's once it has ended.
    let result = try Program("setsid", ["--fork", "sh", "-c", "echo $$; exec sleep 60"]).runAndCapture(
      timeout: .seconds(5))
    let identifier = try #require(Int32(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    let adopted = try ChildProcess(adopting: identifier)
    #expect(try adopted.reap() == nil)
    adopted.signal(9)
    #expect(try adopted.wait(timeout: .seconds(5)) == .unobserved)
  }
}
