/// strongSwan's charon, with the kernel's ESP or, where there is none, its own.
struct StrongSwan: Peer {
  let machine: any PeerMachine
  private let connections: Int

  init(on machine: any PeerMachine, _ connections: [PeerConnection]) throws {
    self.machine = machine
    self.connections = connections.count
    try machine.write(Self.settings(kernelESP: machine.hasKernelESP), to: "strongswan.conf")
    let texts = zip(1..., connections).map { $1.swanctl(named: "fabric\($0)", kernelESP: machine.hasKernelESP) }
    try machine.write(texts.joined(separator: "\n"), to: "swanctl.conf")
    for (name, certificate) in zip(1..., connections).map({ ("\($0)", $1.certificate) }) {
      guard let certificate else { continue }
      try machine.run("mkdir -p /run/shared/private")
      try machine.write(certificate.certificate, to: "own\(name).pem")
      try machine.write(certificate.key, to: "private/own\(name).pem")
      try machine.write(certificate.peerAuthority, to: "authority.pem")
    }
    try machine.start("env \(Self.environment) /usr/lib/ipsec/charon")
    try machine.wait(forLog: "worker threads")
    try swanctl("--load-all --file /run/shared/swanctl.conf 2>&1")
  }

  private static let environment = "STRONGSWAN_CONF=/run/shared/strongswan.conf SWANCTL_DIR=/run/shared"

  /// Runs `swanctl`. Throws unless it succeeds.
  @discardableResult
  func swanctl(_ arguments: String) throws -> String { try machine.run("\(Self.environment) swanctl \(arguments)") }

  var isEstablished: Bool { (try? swanctl("--list-sas").ranges(of: "INSTALLED").count >= connections) == true }

  func initiate() throws { try swanctl("--initiate --ike fabric1 --child lan --timeout 10") }
  func rekeyChild() throws { try swanctl("--rekey --child lan") }
  func rekeyIKE() throws { try swanctl("--rekey --ike fabric1") }
  func terminate() throws { try swanctl("--terminate --ike fabric1 --timeout 10") }
  func crash() throws { try machine.run("kill -9 $(cat /run/charon.pid); rm /run/charon.pid") }
}
