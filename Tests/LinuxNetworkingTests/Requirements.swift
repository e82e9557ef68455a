import Foundation
import LinuxNetworking
import Testing

/// Tests that create interfaces and namespaces need root; elsewhere they are skipped and say why.
extension Trait where Self == ConditionTrait {
  static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root: creates interfaces and network namespaces") }
}

/// A network namespace that lives as long as the test, with its loopback interface up.
final class TemporaryNamespace {
  let namespace: NetworkNamespace

  init() throws {
    namespace = NetworkNamespace("fabric-test-\(UInt32.random(in: 0 ... .max))")
    try Program("ip", ["netns", "add", namespace.name]).run()
    let routing = try RouteNetlink(in: namespace)
    try routing.setUp(link: routing.existingLink(named: "lo").index)
  }

  deinit { _ = try? Program("ip", ["netns", "delete", namespace.name]).run() }
}
