import WireFormat

extension Format {
  private static let addressPattern = "^[0-9a-fA-F:.]+$"
  private static let prefixPattern = "^[0-9a-fA-F:.]+/[0-9]{1,3}$"

  /// A host's address.
  static let address = ScalarFormat<IPAddress>(
    "an address such as 10.255.0.1", .text(pattern: addressPattern),
    reading: { text in
      guard let address = IPAddress(text) else {
        let host = text.split(separator: "/").first.flatMap { IPAddress(String($0)) }
        return .failure(
          Misfit(
            "`\(text)` is not an address",
            host.map { "write `\($0)`, without a prefix length" } ?? "write one such as `10.255.0.1`"))
      }
      return usable(address).map { .failure($0) } ?? .success(address)
    })

  /// An interface's address with its prefix length.
  static let interfaceAddress = ScalarFormat<InterfaceAddress>(
    "an address with its prefix length such as 10.1.1.1/24", .text(pattern: prefixPattern),
    reading: { text in
      interfaceAddress(text).flatMap { interface in
        if let misfit = usable(interface.address) { return .failure(misfit) }
        guard interface.length > 0 else { return .failure(Misfit("a network cannot be `\(interface.prefix)`")) }
        if let misfit = reserved(interface) { return .failure(misfit) }
        return .success(interface)
      }
    })

  /// A network without host bits.
  static let prefix = ScalarFormat<IPPrefix>(
    "a network such as 172.31.0.0/16", .text(pattern: prefixPattern),
    reading: { text in
      interfaceAddress(text).flatMap { interface in
        guard interface.address == interface.prefix.address else {
          return .failure(Misfit("`\(text)` has host bits set", "write `\(interface.prefix)`"))
        }
        return usable(interface.address).map { .failure($0) } ?? .success(interface.prefix)
      }
    })

  /// An end of a tunnel of two addresses. Clouds take theirs from the link-local network 169.254.0.0/16.
  static let tunnelAddress = ScalarFormat<InterfaceAddress>(
    "an address with its prefix length such as 169.254.10.2/30", .text(pattern: prefixPattern),
    reading: { text in
      interfaceAddress(text).flatMap { interface in
        if !interface.address.isLinkLocal, let misfit = usable(interface.address) { return .failure(misfit) }
        guard interface.address.family == .v4, (30...31).contains(interface.length) else {
          return .failure(Misfit("a tunnel's network is an IPv4 /30 or /31, not `/\(interface.length)`"))
        }
        return reserved(interface).map { .failure($0) } ?? .success(interface)
      }
    })

  private static func interfaceAddress(_ text: String) -> Result<InterfaceAddress, Misfit> {
    if let interface = InterfaceAddress(text) { return .success(interface) }
    let parts = text.split(whereSeparator: { "/ ".contains($0) }).map(String.init)
    guard let host = parts.first.flatMap({ IPAddress($0) }), parts.count <= 2 else {
      return .failure(Misfit("`\(text)` is not an address with a prefix length", "write one such as `10.1.1.1/24`"))
    }
    guard parts.count == 2 else {
      let length = host.family == .v4 ? 24 : 64
      return .failure(Misfit("`\(text)` has no prefix length", "write it behind a slash, such as `\(host)/\(length)`"))
    }
    if case .v4(let mask) = IPAddress(parts[1]), mask.leadingZeroBitCount == 0 || mask == 0 {
      let length = (~mask).leadingZeroBitCount
      guard IPAddress.v4(.max).masked(to: length) == .v4(mask) else {
        return .failure(Misfit("`\(parts[1])` is not a mask: its ones are not in one row", "write `\(host)/24`"))
      }
      return .failure(Misfit("`\(text)` has a mask; a prefix length belongs here", "write `\(host)/\(length)`"))
    }
    let longest = host.family.bitWidth
    return .failure(
      Misfit(
        "`/\(parts[1])` is not a prefix length",
        "write a number from 1 to \(longest), such as `\(host)/\(host.family == .v4 ? 24 : 64)`"))
  }

  /// What makes an address unusable for a host.
  private static func usable(_ address: IPAddress) -> Misfit? {
    let reason: String? =
      switch address {
      case _ where address.isUnspecified: "the unspecified address"
      case _ where address.isLoopback: "the host's own loopback network"
      case _ where address.isMulticast: "a multicast address"
      case _ where address.isLinkLocal: "a link-local address"
      case .v4(let value) where value >> 28 == 0xF || value >> 24 == 0: "a reserved address"
      default: nil
      }
    return reason.map { Misfit("`\(address)` is \($0)", "use an address of a network of your own") }
  }

  /// IPv4 networks of more than two addresses keep the first and the last for themselves.
  private static func reserved(_ interface: InterfaceAddress) -> Misfit? {
    guard interface.address.family == .v4, interface.length < 31 else { return nil }
    let example = interface.prefix.address.advanced(by: 1).map {
      "write a host's address such as `\($0)/\(interface.length)`"
    }
    if interface.address == interface.prefix.address {
      return Misfit("`\(interface)` is the network itself, not an address in it", example)
    }
    guard interface.address == interface.prefix.lastAddress else { return nil }
    return Misfit("`\(interface)` is the network's broadcast address", example)
  }
}
