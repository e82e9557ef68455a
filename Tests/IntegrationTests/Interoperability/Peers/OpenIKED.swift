import LinuxNetworking

/// OpenBSD's iked in its portable form, which talks to Linux by PF_KEY: no AEAD, no HMAC-SHA2-256 and no extended
/// sequence numbers for ESP.
struct OpenIKED: Peer {
  let machine: any PeerMachine

  static var isAvailable: Bool { Program.find("iked") != nil }

  init(on machine: any PeerMachine, _ connections: [PeerConnection]) throws {
    self.machine = machine
    let policies = zip(1..., connections).map { $1.ikedPolicy(named: "fabric\($0)") }
    try machine.write(([Self.settings] + policies).joined(separator: "\n"), to: "iked.conf")
    if let certificate = connections.compactMap(\.certificate).first { try install(certificate) }
    try machine.run("modprobe af_key")
    try machine.start("iked -dvv -f /run/shared/iked.conf -s /run/iked.sock")
    // What it receives before it has read all of its configuration, it forgets again.
    try machine.wait(forLog: "stickyaddress")
  }

  private func install(_ certificate: PartnerCertificate) throws {
    try machine.write(certificate.certificate, to: "own.crt")
    try machine.write(certificate.key, to: "local.key")
    try machine.write(certificate.peerAuthority, to: "authority.crt")
    try machine.run("mkdir -p /etc/iked/ca /etc/iked/certs /etc/iked/private")
    // Certificates are read by a process of iked that is not root's.
    try machine.run("install -m 644 /run/shared/authority.crt /etc/iked/ca/")
    try machine.run("install -m 644 /run/shared/own.crt /etc/iked/certs/")
    try machine.run("install -m 600 /run/shared/local.key /etc/iked/private/")
  }

  @discardableResult
  private func ikectl(_ arguments: String) throws -> String { try machine.run("ikectl -s /run/iked.sock \(arguments)") }

  var isEstablished: Bool { (try? ikectl("show sa").contains("ESTABLISHED")) == true }

  /// Reading its configuration again, it begins anew with what is active there.
  func initiate() throws { try ikectl("reload") }

  // It cannot be asked for new keys; it makes them when its own lifetimes end.
  func rekeyChild() throws {}
  func rekeyIKE() throws {}

  func terminate() throws { try ikectl("reset sa") }
  func crash() throws { try machine.run("pkill -9 iked; ip xfrm state flush; ip xfrm policy flush") }
}
