import WireFormat

/// REDIRECT, which names the gateway to turn to instead, and REDIRECTED_FROM, which names the one that has said so
/// (RFC 5685 sections 7.2 and 7.3).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// | GW Ident Type |  GW Ident Len |                               ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   Identity of the gateway     ~
/// ~                                                               ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ~            Nonce Data (in answer to IKE_SA_INIT only)         ~
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
extension NotifyPayload {
  /// GW Ident Type: an IPv4 address, an IPv6 address; 3 would be a name.
  private static let identityTypes: [IPAddress.Family: UInt8] = [.v4: 1, .v6: 2]

  /// REDIRECT; `nonce` is the initiator's in answer to IKE_SA_INIT, by which it knows that its request has been answered.
  init(redirectingTo gateway: IPAddress, nonce: [UInt8] = []) {
    let identity = gateway.bytes
    var writer = ByteWriter(capacity: 2 + identity.count + nonce.count)
    writer.write(NotifyPayload.identityTypes[gateway.family] ?? 0)
    writer.write(UInt8(identity.count))
    writer.write(identity)
    writer.write(nonce)
    self.init(.redirect, data: writer.bytes)
  }

  /// The address that REDIRECT or REDIRECTED_FROM names; nil for a name, and for what is malformed.
  var gateway: IPAddress? {
    var reader = ByteReader(data)
    guard let type = try? reader.readUInt8(), let length = try? reader.readUInt8(),
      let identity = try? reader.read(Int(length)), let address = IPAddress(bytes: identity),
      NotifyPayload.identityTypes[address.family] == type
    else { return nil }
    return address
  }
}
