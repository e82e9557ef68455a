import CLinux
import Glibc
import WireFormat

/// A rule of policy routing: which packets look up which table. The lower priority is asked first.
public struct RoutingRule: Hashable, Sendable {
  /// The place in the order of rules.
  public var priority: UInt32
  /// The family of the packets.
  public var family: IPAddress.Family
  /// Only packets from this network.
  public var source: IPPrefix?
  /// Only packets to this network.
  public var destination: IPPrefix?
  /// Only packets with this firewall mark.
  public var mark: UInt32?
  /// Only packets that come in by this interface.
  public var inputInterface: String?
  /// The table to look up.
  public var table: UInt32

  /// A rule; nil where its networks are not of its family.
  public init?(
    priority: UInt32, family: IPAddress.Family, source: IPPrefix? = nil, destination: IPPrefix? = nil,
    mark: UInt32? = nil, inputInterface: String? = nil, table: UInt32
  ) {
    guard [source, destination].allSatisfy({ $0.map { $0.address.family == family } ?? true }) else { return nil }
    self.priority = priority
    self.family = family
    self.source = source
    self.destination = destination
    self.mark = mark
    self.inputInterface = inputInterface
    self.table = table
  }

  // fib_rule_hdr: family, destination length, source length, TOS, table, two reserved, action, flags (four bytes).
  init?(_ message: NetlinkMessage) {
    let payload = message.payload
    guard let familyNumber: UInt8 = payload.integer(at: 0), let family = IPAddress.Family(kernelValue: familyNumber),
      let destinationLength: UInt8 = payload.integer(at: 1), let sourceLength: UInt8 = payload.integer(at: 2),
      let table: UInt8 = payload.integer(at: 4)
    else { return nil }
    let attributes = message.attributes(after: 12)
    let source = attributes.address(FRA_SRC)
    let destination = attributes.address(FRA_DST)
    self.init(
      priority: attributes.uint32(FRA_PRIORITY) ?? 0, family: family,
      source: source.flatMap { IPPrefix(containing: $0, length: Int(sourceLength)) },
      destination: destination.flatMap { IPPrefix(containing: $0, length: Int(destinationLength)) },
      mark: attributes.uint32(FRA_FWMARK), inputInterface: attributes.text(FRA_IIFNAME),
      table: attributes.uint32(FRA_TABLE) ?? UInt32(table))
  }
}

extension RouteNetlink {
  /// All rules of both families, in the order in which they are asked.
  public func rules() throws(LinuxError) -> [RoutingRule] {
    var rules: [RoutingRule] = []
    for family in [IPAddress.Family.v4, .v6] {
      var request = NetlinkRequest(Int32(RTM_GETRULE), flags: NLM_F_DUMP)
      request.append(family.kernelValue)
      for _ in 0..<11 { request.append(UInt8(0)) }
      rules += try socket.dump(request, "list rules").compactMap { RoutingRule($0) }
    }
    return rules.sorted { $0.priority < $1.priority }
  }

  /// Installs the rule, if it is not there.
  public func ensureRule(_ rule: RoutingRule) throws(LinuxError) {
    let request = NetlinkRequest.rule(RTM_NEWRULE, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, rule)
    try ignoring([EEXIST]) { () throws(LinuxError) in
      try socket.perform(request, "add rule \(rule.priority)")
    }
  }

  /// Removes the rule, if it is there.
  public func removeRule(_ rule: RoutingRule) throws(LinuxError) {
    let request = NetlinkRequest.rule(RTM_DELRULE, flags: NLM_F_ACK, rule)
    try ignoring([ENOENT, ESRCH]) { () throws(LinuxError) in
      try socket.perform(request, "remove rule \(rule.priority)")
    }
  }
}

extension NetlinkRequest {
  fileprivate static func rule(_ type: Int, flags: Int32, _ rule: RoutingRule) -> NetlinkRequest {
    var request = NetlinkRequest(Int32(type), flags: flags)
    request.append(rule.family.kernelValue)
    request.append(UInt8(clamping: rule.destination?.length ?? 0))
    request.append(UInt8(clamping: rule.source?.length ?? 0))
    request.append(UInt32(0))
    request.append(UInt8(FR_ACT_TO_TBL))
    request.append(UInt32(0))
    request.attribute(FRA_PRIORITY, rule.priority)
    request.attribute(FRA_TABLE, rule.table)
    if let source = rule.source { request.attribute(FRA_SRC, source.address.bytes) }
    if let destination = rule.destination { request.attribute(FRA_DST, destination.address.bytes) }
    if let mark = rule.mark { request.attribute(FRA_FWMARK, mark) }
    if let interface = rule.inputInterface { request.attribute(FRA_IIFNAME, text: interface) }
    return request
  }
}
