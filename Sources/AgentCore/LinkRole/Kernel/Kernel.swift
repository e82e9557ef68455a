import LinuxNetworking
import Logging

/// Reads the kernel's state and carries out the changes of a plan.
struct Kernel {
  private let netlink: RouteNetlink

  init() throws { netlink = try RouteNetlink() }

  /// What is there now.
  func observe() throws -> ObservedKernelState {
    let interfaces = try netlink.links().map { link in
      (
        link.name,
        ObservedKernelState.Interface(
          index: link.index, isUp: link.isUp, hasCarrier: link.hasCarrier, mtu: link.mtu)
      )
    }
    return ObservedKernelState(
      interfaces: Dictionary(interfaces) { first, _ in first }, addresses: Set(try netlink.addresses()),
      routes: try netlink.routes(table: nil), rules: try netlink.rules())
  }

  /// Carries out what it can and returns a sentence for each change that failed.
  func apply(_ plan: KernelPlan) -> [String] {
    plan.changes.compactMap { change in
      do {
        try apply(change)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }

  private func apply(_ change: KernelChange) throws(LinuxError) {
    switch change {
    case .setMTU(let mtu, let link): try netlink.setMTU(mtu, link: link)
    case .setUp(let link): try netlink.setUp(link: link)
    case .addAddress(let address): try netlink.ensureAddress(address)
    case .removeAddress(let address): try netlink.removeAddress(address)
    case .addRoute(let route): try netlink.ensureRoute(route)
    case .removeRoute(let route): try netlink.removeRoute(route)
    case .addRule(let rule): try netlink.ensureRule(rule)
    case .removeRule(let rule): try netlink.removeRule(rule)
    }
  }
}
