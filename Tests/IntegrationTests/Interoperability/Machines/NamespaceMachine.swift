import Foundation
import Glibc
import Lab
import LinuxNetworking

/// The gateway's own namespace, on this machine's kernel, which has no ESP.
final class NamespaceMachine: PeerMachine {
  let directory: String
  let hasKernelESP = false
  private let gateway: NetworkNamespace
  /// Keeps the mounts that the daemon shares with the commands.
  private let holder: ChildProcess

  /// Makes a machine of a gateway of the lab.
  init(_ gateway: String) throws {
    self.gateway = NetworkNamespace(LabNames.gateway(gateway))
    let run = "\(LabFiles.directory)/machine/\(gateway)"
    directory = run + "/shared"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let program = Program(
      FabricBinary.script("with-private-run"), [run, "/bin/sleep", "infinity"], in: self.gateway)
    holder = try ChildProcess(program)
    for _ in 0..<100 where (try? self.run("test -d /run/shared")) == nil { usleep(20_000) }
  }

  @discardableResult
  func run(_ command: String) throws -> String {
    var program = Program(
      "nsenter", ["--target", String(holder.identifier), "--mount", "--net", "sh", "-c", command])
    program.environment["PATH"] = Program.searchPath.joined(separator: ":")
    return try program.run(timeout: .seconds(70))
  }

  func stop() throws {
    holder.signal(SIGKILL)
    _ = try holder.wait(timeout: .seconds(5))
  }
}
