import WireFormat

// How a plan is said to `ip -batch` and `nft -f`. Everything can be said twice with the same result, so that a line can
// be configured again after it was down.

extension Cable {
  /// The command that lays the cable.
  var command: String {
    "link add \(near.interface) mtu \(mtu) netns \(near.namespace) type veth "
      + "peer name \(far.interface) mtu \(mtu) netns \(far.namespace)"
  }

  /// Makes the two ends of the cable usable, each said in its namespace.
  var activation: [(namespace: String, command: String)] {
    [near, far].map { ($0.namespace, "link set \($0.interface) up") }
  }
}

extension LabNamespace {
  /// What comes before the interfaces are up.
  var preparation: [String] {
    ["link set lo up"] + bridges.map { "link add \($0) type bridge" } + bridges.map { "link set \($0) up" }
      + bridgePorts.flatMap { port in bridges.prefix(1).map { "link set \(port) master \($0)" } }
  }

  /// Addresses and routes, once the interfaces are up.
  var configuration: [String] {
    addresses.map(\.command) + routes.map(\.command)
      + proxied.map { "neigh replace proxy \($0.address.address) dev \($0.interface)" }
  }

  /// The packet filter's rules; nil without NAT.
  var ruleset: String? {
    masqueradedInterface.map {
      """
      table inet fabric-lab-nat {
        chain postrouting {
          type nat hook postrouting priority srcnat;
          oifname "\($0)" masquerade
        }
      }
      """
    }
  }

  /// Rules under which a NAT has forgotten its mappings and makes others: in a zone of its own of the kernel's connection
  /// tracking, behind ports that it has not used before. What comes to the old ones is dropped without a word.
  ///
  /// - Parameters:
  ///   - generation: counts the times that it forgets, from 1.
  ///   - address: what it translates to.
  func rebinding(_ generation: Int, to address: IPAddress) -> String? {
    let firstPort = 20_000 + generation % 40 * 1000
    return masqueradedInterface.map {
      """
      table inet fabric-lab-nat {}
      delete table inet fabric-lab-nat
      table inet fabric-lab-nat {
        chain prerouting { type filter hook prerouting priority raw; ct zone set \(generation); }
        chain input { type filter hook input priority filter; iifname "\($0)" meta l4proto udp drop; }
        chain postrouting {
          type nat hook postrouting priority srcnat;
          oifname "\($0)" meta nfproto ipv4 meta l4proto udp snat ip to \(address):\(firstPort)-\(firstPort + 999)
          oifname "\($0)" masquerade
        }
      }
      """
    }
  }

  /// The ISP's address in the network towards the internet.
  var transitAddress: IPAddress? {
    addresses.first { $0.interface == LabNames.upstream && $0.address.address.family == .v4 }?.address.address
  }

  /// Rules under which a router swallows every packet without a sign to either side.
  static let blackHole = """
    table inet fabric-lab-cut {
      chain forward { type filter hook forward priority filter; policy drop; }
      chain input { type filter hook input priority filter; policy drop; }
      chain output { type filter hook output priority filter; policy drop; }
    }
    """

  /// Rules under which a router loses some of the packets that it forwards.
  static func losing(percent: Int) -> String {
    """
    table inet fabric-lab-cut {
      chain forward {
        type filter hook forward priority filter;
        numgen random mod 100 < \(percent) drop
      }
    }
    """
  }

  /// Undoes `blackHole` and `losing`, also where they are not there.
  static let withoutBlackHole = "table inet fabric-lab-cut {}\ndelete table inet fabric-lab-cut"
}

extension LabNamespace.Address {
  /// `nodad`: the lab's addresses are unique, and waiting a second to find out delays every start.
  fileprivate var command: String {
    "addr replace \(address) dev \(interface)" + (address.address.family == .v6 ? " nodad" : "")
  }
}

extension LabNamespace.Route {
  fileprivate var command: String {
    switch nextHop {
    case .gateway(let router, let interface):
      "route replace \(destination) via \(router) dev \(interface) metric \(metric)"
    case .blackhole: "route replace blackhole \(destination) metric \(metric)"
    case .link(let interface): "route replace \(destination) dev \(interface) metric \(metric)"
    }
  }
}
