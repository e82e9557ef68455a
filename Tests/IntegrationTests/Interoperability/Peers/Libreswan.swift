import Foundation

/// libreswan's pluto, which needs the kernel's ESP.
struct Libreswan: Peer {
  let machine: any PeerMachine

  /// Where it is unpacked; it cannot be installed beside strongSwan.
  static let directory = FabricBinary.root.appendingPathComponent(".interop/libreswan").path
  static var isAvailable: Bool { FileManager.default.fileExists(atPath: directory + "/usr/libexec/ipsec/pluto") }

  init(on machine: any PeerMachine, _ connections: [PeerConnection]) throws {
    self.machine = machine
    let names = connections.indices.map { "fabric\($0 + 1)" }
    let sections = zip(names, connections).map { $1.ipsecConf(named: $0) }
    try machine.write(([Self.setup] + sections).joined(separator: "\n"), to: "ipsec.conf")
    try machine.write(connections.map(\.ipsecSecrets).joined(separator: "\n"), to: "ipsec.secrets")
    try machine.run("mkdir -p /run/nss /run/pluto && certutil -N -d sql:/run/nss --empty-password")
    if let certificate = connections.compactMap(\.certificate).first { try importCertificate(certificate) }
    try machine.run(
      """
      /usr/libexec/ipsec/pluto --config /run/shared/ipsec.conf --secretsfile /run/shared/ipsec.secrets \
      --nssdir /run/nss --rundir /run/pluto --logfile /run/shared/log
      """)
    try machine.wait(forLog: "started thread for helper")
    for name in names { try machine.run("ipsec addconn --config /run/shared/ipsec.conf \(Self.socket) \(name)") }
    try whack("--listen")
    if connections.contains(where: \.initiates) { try initiate() }
  }

  private func importCertificate(_ certificate: PartnerCertificate) throws {
    try machine.write(certificate.archive, to: "own.p12")
    try machine.write(certificate.peerAuthority, to: "authority.pem")
    try machine.run("pk12util -d sql:/run/nss -i /run/shared/own.p12 -W \(PartnerCertificate.password) -K ''")
    try machine.run("certutil -A -d sql:/run/nss -n authority -t CT,, -i /run/shared/authority.pem")
  }

  private static let socket = "--ctlsocket /run/pluto/pluto.ctl"

  /// pluto answers `whack` with the progress of what it was asked for, and a status that says how that went.
  private func whack(_ arguments: String) throws { try machine.run("ipsec whack \(Self.socket) \(arguments) || true") }

  var isEstablished: Bool {
    // It may go on to name a Child SA whose IKE SA is gone.
    guard let status = try? machine.run("ipsec whack \(Self.socket) --status") else { return false }
    return status.contains("STATE_V2_ESTABLISHED_IKE_SA") && status.contains("STATE_V2_ESTABLISHED_CHILD_SA")
  }

  func initiate() throws { try whack("--initiate --asynchronous --name fabric1") }
  func rekeyChild() throws { try whack("--rekey-ipsec --asynchronous --name fabric1") }
  func rekeyIKE() throws { try whack("--rekey-ike --asynchronous --name fabric1") }
  func terminate() throws { try whack("--terminate --name fabric1") }
  func crash() throws { try machine.run("pkill -9 pluto; ip xfrm state flush; ip xfrm policy flush") }
}
