import Foundation
import Glibc
import LinuxNetworking
import Logging
import WireFormat

/// A DHCP client for one uplink: Debian's udhcpc, started again whenever it ends.
final class DHCPClient {
  /// Called with the lease, or nil when it is lost.
  var onLease: (UplinkAddress?) -> Void = { _ in }

  private let interface: String
  private let directory: String
  private let loop: EventLoop
  private let logger: Logger
  private var child: ChildProcess?
  private var output: FileDescriptor?
  private var buffer: [UInt8] = []
  private var restartTimer: EventTimer?
  private var hasLease = false

  /// A client for an interface; `directory` is the agent's state directory.
  init(interface: String, directory: String, loop: EventLoop, logger: Logger) throws {
    self.interface = interface
    self.directory = directory
    self.loop = loop
    self.logger = logger
    restartTimer = try loop.makeTimer { [unowned self] in start() }
  }

  deinit { stop() }

  private var processFile: String { "\(directory)/udhcpc-\(interface).pid" }
  private var script: String { "\(directory)/\(DHCPEvent.scriptName)" }

  /// Starts the client, in the place of one that an earlier link role has left.
  func start() {
    do {
      ProcessFile(path: processFile, program: "udhcpc").terminate()
      try linkScript()
      let pipe = try FileDescriptor.pipe()
      try pipe.reading.setNonBlocking()
      var program = Program(
        "udhcpc",
        ["-f", "-i", interface, "-s", script, "-p", processFile, "-t", "3", "-T", "1", "-A", "2"])
      program.standardOutput = pipe.writing
      let child = try ChildProcess(program)
      try loop.watch(pipe.reading) { [unowned self] in read() }
      try loop.watch(child.descriptor) { [unowned self] in reap() }
      self.child = child
      output = pipe.reading
    } catch {
      logger.error("cannot start DHCP", metadata: .fields([.interface: interface, .cause: error]))
      restartTimer?.schedule(after: .seconds(5))
    }
  }

  /// Stops the client; the lease stays on the interface.
  func stop() {
    if let child {
      loop.unwatch(child.descriptor)
      child.signal(SIGTERM)
    }
    if let output { loop.unwatch(output) }
    child = nil
    output = nil
  }

  /// The script is this very executable under another name.
  private func linkScript() throws {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { throw LinuxError("read /proc/self/exe") }
    unlink(script)
    guard symlink(path, script) == 0 else { throw LinuxError("make \(script)") }
  }

  private func reap() {
    guard let child, let status = try? child.reap() else { return }
    logger.warning("udhcpc ended", metadata: .fields([.interface: interface, .cause: status]))
    read()
    stop()
    restartTimer?.schedule(after: .seconds(1))
  }

  private func read() {
    guard let output, let bytes = try? output.read(upTo: 1 << 16) else { return }
    if bytes.isEmpty { loop.unwatch(output) }
    buffer += bytes
    while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
      let line = Data(buffer[..<end])
      buffer.removeSubrange(...end)
      // The client's own words share the pipe.
      if let event = try? JSONDecoder().decode(DHCPEvent.self, from: line) { received(event) }
    }
    if buffer.count > 1 << 16 { buffer = [] }
  }

  private func received(_ event: DHCPEvent) {
    if let lease = event.lease, event.event == "bound" || event.event == "renew" {
      hasLease = true
      logger.info("leased", metadata: .fields([.interface: interface, .address: lease.address]))
      onLease(lease)
    } else if event.event == "deconfig", hasLease {
      // The first one only says that the client has started: the lease of its predecessor may still be good.
      hasLease = false
      logger.warning("the lease is lost", metadata: .fields([.interface: interface]))
      onLease(nil)
    }
  }
}
