import CLinux
import Glibc
import WireFormat

/// An address of an interface.
public struct LinkAddress: Hashable, Sendable {
  /// The interface's index.
  public let linkIndex: Int32
  /// The address and its network.
  public let address: InterfaceAddress

  /// An address on an interface.
  public init(linkIndex: Int32, address: InterfaceAddress) {
    self.linkIndex = linkIndex
    self.address = address
  }

  init?(_ message: NetlinkMessage) {
    guard let length: UInt8 = message.payload.integer(at: 1), let index: Int32 = message.payload.integer(at: 4) else {
      return nil
    }
    let attributes = message.attributes(after: 8)
    // On a point-to-point interface IFA_ADDRESS is the other end's, IFA_LOCAL ours.
    guard let own = attributes.address(IFA_LOCAL) ?? attributes.address(IFA_ADDRESS),
      let address = InterfaceAddress(own, length: Int(length))
    else { return nil }
    self.init(linkIndex: index, address: address)
  }
}

extension RouteNetlink {
  /// All addresses of all interfaces, IPv4 and IPv6.
  public func addresses() throws(LinuxError) -> [LinkAddress] {
    var request = NetlinkRequest(Int32(RTM_GETADDR), flags: NLM_F_DUMP)
    request.append(UInt64(0))
    return try socket.dump(request, "list addresses").compactMap { LinkAddress($0) }
  }

  /// Gives the interface the address, if it does not have it.
  ///
  /// An IPv6 address can be used at once, without the second that duplicate address detection (RFC 4862) takes: these
  /// addresses come from a plan that has been checked for duplicates.
  public func ensureAddress(_ address: LinkAddress) throws(LinuxError) {
    var request = NetlinkRequest.address(RTM_NEWADDR, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, address)
    if address.address.address.family == .v6 { request.attribute(IFA_FLAGS, UInt32(IFA_F_NODAD)) }
    try socket.perform(request, "add address \(address.address) to interface \(address.linkIndex)")
  }

  /// Takes the address away, if it is there.
  public func removeAddress(_ address: LinkAddress) throws(LinuxError) {
    let request = NetlinkRequest.address(RTM_DELADDR, flags: NLM_F_ACK, address)
    try ignoring([EADDRNOTAVAIL, ENODEV]) { () throws(LinuxError) in
      try socket.perform(request, "remove address \(address.address) from interface \(address.linkIndex)")
    }
  }
}

extension NetlinkRequest {
  /// A request about one address: an `ifaddrmsg` structure and its attributes.
  fileprivate static func address(_ type: Int, flags: Int32, _ address: LinkAddress) -> NetlinkRequest {
    let bytes = address.address.address.bytes
    var request = NetlinkRequest(Int32(type), flags: flags)
    request.append(address.address.address.family.kernelValue)
    request.append(UInt8(clamping: address.address.length))
    request.append(UInt8(0))
    request.append(UInt8(address.address.address.isLoopback ? RT_SCOPE_HOST.rawValue : RT_SCOPE_UNIVERSE.rawValue))
    request.append(address.linkIndex)
    request.attribute(IFA_LOCAL, bytes)
    request.attribute(IFA_ADDRESS, bytes)
    return request
  }
}

extension IPAddress.Family {
  /// AF_INET or AF_INET6 as the kernel's structures hold it.
  var kernelValue: UInt8 { UInt8(self == .v4 ? AF_INET : AF_INET6) }

  init?(kernelValue: UInt8) {
    switch Int32(kernelValue) {
    case AF_INET: self = .v4
    case AF_INET6: self = .v6
    default: return nil
    }
  }
}
