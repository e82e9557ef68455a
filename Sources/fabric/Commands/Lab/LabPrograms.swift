import ControlProtocol
import Foundation
import Lab

// How the lab starts the product's own programs, which lie beside this one.

extension Lab {
  /// Starts the controller and waits until its API answers.
  mutating func startController(_ report: (String) -> Void) async throws {
    let endpoint = "tcp://\(LabNames.controllerAddress):5570"
    let controller = LabProcess(
      namespace: LabNames.controller, executable: beside("fabric-controller"),
      arguments: [
        "run", "--state", LabFiles.controllerState, "--socket", LabFiles.controllerSocket, "--listen", endpoint,
      ])
    try start("controller", controller)
    for _ in 0..<100 {
      try checkRuns("controller")
      if (try? await ControllerClient.lab.version()) != nil { return report("the controller runs") }
      try await Task.sleep(for: .milliseconds(100))
    }
    _ = try await ControllerClient.lab.version()
  }

  /// Gives each agent its keys, makes them known to the controller, and starts the agent.
  mutating func startAgents(_ report: (String) -> Void) async throws {
    let sites = topology.sites.filter(\.isManaged).map(\.name)
    for site in sites {
      try await enrol(site)
      let agent = LabProcess(
        namespace: LabNames.gateway(site), executable: beside("fabric-agent"),
        arguments: [
          "run", "--identity", identityFile(site), "--state", LabFiles.agentState(site),
          "--name", LabNames.gateway(site),
        ])
      try start(site, agent)
    }
    report("the agents of \(sites.joined(separator: ", ")) run")
  }

  /// Writes the file by which an agent knows itself and its controller.
  private func enrol(_ site: String) async throws {
    let keys = try CurveKeyPair.generate()
    let controller = try await ControllerClient.lab.enrol(site: site, publicKey: keys.publicKey.description)
    guard let publicKey = CurvePublicKey(controller.publicKey) else {
      throw ControllerError.notUnderstood("its public key is no CURVE key")
    }
    try FileManager.default.createDirectory(
      atPath: LabFiles.agentState(site), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let identity = AgentIdentity(
      site: site, controllerEndpoint: controller.endpoint, controllerPublicKey: publicKey, keys: keys)
    try identity.write(to: identityFile(site))
  }

  private func identityFile(_ site: String) -> String { LabFiles.agentState(site) + "/identity.json" }

  private func beside(_ program: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(program).path
  }
}
