import FabricCrypto
import IKE
import LinuxNetworking
import WireFormat

/// What the supervisor tells the ike role.
public enum SupervisorToIKE: Codable, Equatable, Sendable {
  /// The sockets of an uplink, in place of earlier ones of that name: alongside come the UDP socket on port 500, then
  /// the one on port 4500, which ike uses for sending only, both bound to `address`.
  case uplink(name: String, address: IPAddress)
  /// The uplink has no address any more.
  case removeUplink(name: String)
  /// A channel to an esp process comes alongside. If it replaces an earlier one, its Child SAs are all gone, their keys
  /// must never be used again, and every tunnel is re-keyed at once.
  case esp(isReplacement: Bool)
  /// To the first process after the gateway has come up, before its tunnels: no SA with any peer is left of an earlier
  /// life (RFC 7296 section 2.4, INITIAL_CONTACT).
  case initialContact
  /// The gateway's own certificate, and the authority that has issued it, are now these.
  case credentials(SiteCredentials)
  /// The tunnels are now these.
  case configure([IKEConnection])
  /// What tokens of lost IKE SAs and tickets to resume them are made with (RFC 6290, RFC 5723): the same for every process
  /// of this gateway.
  case recovery(secret: SecretBytes)
  /// An earlier process has died, and peers may still count on its SAs: set every tunnel up that is not up and whose
  /// peer's address is known, also those that wait for the peer otherwise, before the peer has noticed.
  case takeOver
  /// Close every IKE SA with a DELETE (RFC 7296 section 1.4.1), then exit.
  case stop
}

/// What the ike role tells the supervisor.
public enum IKEToSupervisor: Codable, Equatable, Sendable {
  /// The role has dropped its privileges and takes messages; to a new supervisor it says which program it
  /// runs, and has given back what it was lent.
  case ready(program: ProgramFile?)
  /// To a new supervisor: the sockets of an uplink come alongside, as with `SupervisorToIKE.uplink`.
  case uplink(name: String, address: IPAddress)
  /// What has happened to tunnels, in order.
  case reports([IKEReport])
}
