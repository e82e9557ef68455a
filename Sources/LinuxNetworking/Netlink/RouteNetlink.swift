/// The kernel's interfaces, addresses, routes and rules of one network namespace, read and changed by rtnetlink(7).
///
/// Everything is what a reconciler wants: `ensure…` succeeds when the thing is already so, `remove…` when it is already
/// gone, and both say so only by not throwing. Changes need CAP_NET_ADMIN.
public final class RouteNetlink {
  let socket: NetlinkSocket

  /// Opens the tables of the thread's current network namespace, or of `namespace`, whatever the thread does later.
  public init(in namespace: NetworkNamespace? = nil) throws {
    socket = try namespace?.inside { try NetlinkSocket() } ?? NetlinkSocket()
  }
}
