import WireFormat

/// What is configured in one network namespace of the lab.
public struct LabNamespace: Equatable, Sendable {
  /// An address of an interface.
  public struct Address: Hashable, Sendable {
    /// The interface.
    public let interface: String
    /// Its address.
    public let address: InterfaceAddress

    init(_ interface: String, _ address: InterfaceAddress) {
      self.interface = interface
      self.address = address
    }
  }

  /// A route.
  public struct Route: Hashable, Sendable {
    /// Where packets go next.
    public enum NextHop: Hashable, Sendable {
      /// To a router on an interface.
      case gateway(IPAddress, String)
      /// Out of an interface, whose link holds the destination itself.
      case link(String)
      /// Nowhere: packets are dropped.
      case blackhole
    }

    /// Where to.
    public let destination: IPPrefix
    /// By which way.
    public let nextHop: NextHop
    /// The lowest wins.
    public let metric: Int

    init(_ destination: IPPrefix, _ nextHop: NextHop, metric: Int = 1) {
      self.destination = destination
      self.nextHop = nextHop
      self.metric = metric
    }
  }

  /// The namespace's name, as in `ip netns`.
  public let name: String
  /// Whether it is a host in a LAN.
  public internal(set) var isHost = false
  /// Bridges to make.
  public internal(set) var bridges: [String] = []
  /// Interfaces to put into the first bridge.
  public internal(set) var bridgePorts: [String] = []
  /// The addresses of its interfaces.
  public internal(set) var addresses: [Address] = []
  /// Its routes.
  public internal(set) var routes: [Route] = []
  /// Addresses for which it answers ARP and neighbour solicitations, though they are elsewhere.
  public internal(set) var proxied: [Address] = []
  /// Kernel settings: paths under `/proc/sys` and their values.
  public internal(set) var settings: [String: String] = [:]
  /// The interface behind whose address everything else hides (NAT).
  public internal(set) var masqueradedInterface: String?
  /// The DHCP server that runs here.
  public internal(set) var leases: DHCPServer?

  init(_ name: String, forwards: Bool = false) {
    self.name = name
    guard forwards else { return }
    settings = [
      "net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1",
      "net/ipv4/conf/all/rp_filter": "0", "net/ipv4/conf/default/rp_filter": "0",
      "net/ipv4/conf/all/send_redirects": "0", "net/ipv4/conf/default/send_redirects": "0",
    ]
  }
}

/// A DHCP server on one interface that offers its own address as the router.
public struct DHCPServer: Equatable, Sendable {
  /// The interface that it serves.
  public let interface: String
  /// The router's address; leases come of the same network.
  public let router: InterfaceAddress

  /// The arguments of `dnsmasq`: in the foreground, without DNS and without any file.
  public var arguments: [String] {
    let range = [100, 199].compactMap { router.prefix.address.advanced(by: $0)?.description }
    return [
      "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--leasefile-ro",
      "--log-facility=-", "--no-ping", "--dhcp-authoritative", "--bind-interfaces", "--interface=\(interface)",
      "--except-interface=lo", "--dhcp-range=\(range.joined(separator: ",")),1h",
      "--dhcp-option=option:router,\(router.address)",
    ]
  }
}
