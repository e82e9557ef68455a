import ControlProtocol
import LinuxNetworking
import Topology

/// Keeps the shaping of the ISP lines what the configuration says, also of an interface that went and came back.
struct LineShapers {
  private struct Installed: Equatable {
    let shaping: UplinkShaping
    /// The kernel's number of the interface.
    let index: Int32
  }

  private var installed: [String: Installed] = [:]

  /// Shapes the lines that are there; returns a fault for each that could not be.
  mutating func update(_ configuration: SiteConfiguration, _ observed: ObservedKernelState) -> [LinkFault] {
    let wanted = configuration.uplinks.compactMap { uplink -> Installed? in
      guard let shaping = UplinkShaping(uplink, configuration.classes),
        let index = observed.interfaces[uplink.interface]?.index
      else { return nil }
      return Installed(shaping: shaping, index: index)
    }
    for interface in installed.keys where !wanted.contains(where: { $0.shaping.interface == interface }) {
      // It may have gone with its interface.
      try? UplinkShaping.remove(from: interface)
      installed[interface] = nil
    }
    return wanted.compactMap { line in
      guard installed[line.shaping.interface] != line else { return nil }
      do {
        try line.shaping.install()
        installed[line.shaping.interface] = line
        return nil
      } catch {
        return LinkFault(stage: .interface, cause: "\(line.shaping.interface) is not shaped: \(error)")
      }
    }
  }

  /// Takes away what was installed.
  mutating func remove() {
    for interface in installed.keys { try? UplinkShaping.remove(from: interface) }
    installed = [:]
  }
}
