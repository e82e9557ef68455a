/// The processes of an agent beside its supervisor, split by privilege and by what must survive what.
///
/// Each is the same executable re-executed with `--role`, in a fresh address space, with the supervisor's channel on
/// descriptor 3. A message is one CBOR item in one `SOCK_SEQPACKET` packet; descriptors travel alongside:
///
///               SupervisorToIKE ─► ┌──────┐
///   ┌────────────┐ ◄─ IKEToSupervisor│ ike  │ sockets: UDP 500, UDP 4500 (sending)
///   │            │                   └──┬───┘
///   │            │                      │ IKEToESP, ESPToIKE
///   │ supervisor │                   ┌──┴───┐
///   │            │ SupervisorToESP ─►│ esp  │ sockets: UDP 4500, protocol 50; a TUN device per tunnel
///   │            │ ◄─ ESPToSupervisor└──────┘
///   │            │ SupervisorToLink ►┌──────┐
///   └────────────┘ ◄─LinkToSupervisor│ link │ addresses, routes, nftables, FRR, DHCP
///                                    └──────┘
public enum Role: String, CaseIterable, Codable, Hashable, Sendable {
  /// IKE state machines and keys; holds no privilege at all.
  case ike
  /// ESP SAs and packets; holds no privilege after its start.
  case esp
  /// Addresses, routes, filters and routing daemons; keeps CAP_NET_ADMIN.
  case link
}
