import CLinux
import Glibc

/// A change that the kernel reports.
public enum NetlinkEvent: Hashable, Sendable {
  /// An interface is new or has changed.
  case link(Link)
  /// An interface is gone.
  case linkRemoved(Link)
  /// An interface has an address.
  case address(LinkAddress)
  /// An interface has lost an address.
  case addressRemoved(LinkAddress)
  /// A route is new or has changed.
  case route(Route)
  /// A route is gone.
  case routeRemoved(Route)
  /// More happened than the socket could hold: read everything anew.
  case overflow

  init?(_ message: NetlinkMessage) {
    let event: NetlinkEvent? =
      switch Int(message.type) {
      case RTM_NEWLINK: Link(message).map { .link($0) }
      case RTM_DELLINK: Link(message).map { .linkRemoved($0) }
      case RTM_NEWADDR: LinkAddress(message).map { .address($0) }
      case RTM_DELADDR: LinkAddress(message).map { .addressRemoved($0) }
      case RTM_NEWROUTE: Route(message).map { .route($0) }
      case RTM_DELROUTE: Route(message).map { .routeRemoved($0) }
      default: nil
      }
    guard let event else { return nil }
    self = event
  }
}

/// Reports changes of interfaces, addresses and routes of one network namespace as they happen.
public final class NetlinkMonitor {
  private let socket: NetlinkSocket

  /// The socket, for an `EventLoop` to watch.
  public var descriptor: FileDescriptor { socket.descriptor }

  /// Watches the thread's current network namespace, or `namespace`, whatever the thread does later.
  public init(in namespace: NetworkNamespace? = nil) throws {
    let groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE
    let open = { try NetlinkSocket(groups: UInt32(groups)) }
    socket = try namespace?.inside(open) ?? open()
    try socket.descriptor.setNonBlocking()
  }

  /// The changes since the last call; never waits.
  public func receive() throws(LinuxError) -> [NetlinkEvent] {
    var events: [NetlinkEvent] = []
    while true {
      do {
        events += try socket.receive("receive netlink events").compactMap { NetlinkEvent($0) }
      } catch {
        switch error.code {
        case EAGAIN: return events
        case ENOBUFS: events.append(.overflow)
        default: throw error
        }
      }
    }
  }
}
