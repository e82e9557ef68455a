import ControlProtocol
import Foundation
import Lab

/// How the lab starts the product's own programs, which lie beside this one.
enum LabPrograms {
  /// The ZeroMQ endpoint at which agents find the controller, in the management network.
  private static var endpoint: String { "tcp://\(LabNames.controllerAddress):5570" }

  static var controller: LabProcess {
    LabProcess(
      namespace: LabNames.controller, executable: beside("fabric-controller"),
      arguments: [
        "--state", LabFiles.controllerState, "--socket", LabFiles.controllerSocket, "--listen", endpoint,
      ])
  }

  static func agent(_ site: String) -> LabProcess {
    LabProcess(
      namespace: LabNames.gateway(site), executable: beside("fabric-agent"),
      arguments: ["--state", LabFiles.agentState(site)])
  }

  /// Writes the file by which an agent knows itself and its controller.
  static func writeIdentity(site: String, keys: CurveKeyPair, controller: API.ControllerIdentity) throws {
    guard let publicKey = CurvePublicKey(controller.publicKey) else {
      throw ControllerError.notUnderstood("its public key is no CURVE key")
    }
    let directory = LabFiles.agentState(site)
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let identity = AgentIdentity(
      site: site, controllerEndpoint: controller.endpoint, controllerPublicKey: publicKey, keys: keys)
    try identity.write(to: directory + "/identity.json")
  }

  private static func beside(_ program: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(program).path
  }
}
