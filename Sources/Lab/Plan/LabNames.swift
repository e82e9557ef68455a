import WireFormat

/// What things are called in the lab.
public enum LabNames {
  /// What every namespace of the lab begins with; nothing else on the machine may.
  public static let prefix = "fabric-lab-"
  /// The router that joins all ISP lines.
  public static let internet = prefix + "internet"
  /// Where the controller runs.
  public static let controller = prefix + "controller"

  /// The controller's address in the management network.
  public static let controllerAddress = LabAddresses.controller.address

  /// A gateway's interface into the management network.
  public static let managementInterface = "mgmt0"
  static let managementBridge = "mgmt"
  static let hostInterface = "eth0"
  /// An ISP's interface towards its customer.
  public static let line = "line"
  /// An ISP's interface towards the internet.
  public static let upstream = "internet"

  /// The namespace of a site's gateway.
  public static func gateway(_ site: String) -> String { prefix + site }

  /// The namespace of the host in a site's LAN; the first LAN has index 0.
  public static func host(of site: String, index: Int = 0) -> String {
    gateway(site) + "-host" + (index == 0 ? "" : String(index + 1))
  }

  /// The namespace of an ISP line.
  public static func isp(_ site: String, _ uplink: String) -> String { "\(prefix)isp-\(site)-\(uplink)" }
}
