/// Faults of areas and of BGP with third parties, each the base topology with pieces replaced.
extension Fault {
  private static let partner = [
    ("  oslo:\n    loopback: 10.255.0.12\n", "  oslo:\n    managed: false\n"),
    ("protocol: ospf, area: 0", "protocol: bgp, autonomousSystem: 65000"),
  ]

  /// Settings of the link with the third party; they start in column 34 of line 42.
  private static func peering(_ settings: String) -> [(String, String)] {
    partner + [("  tunnels:", "  links: [{ between: [hq, oslo], bgp: { \(settings) } }]\n  tunnels:")]
  }

  static let routing: [Fault] = [
    Fault(
      "BGP with a third party in its own autonomous system, without addresses",
      replacing: peering("autonomousSystem: 65000"),
      [
        "42:39: the BGP session needs addresses in the tunnel | add `address:` and ours, such as `169.254.10.2/30`",
        "42:59: 65000 is the overlay's own autonomous system | write the third party's",
      ]),
    Fault(
      "a BGP session with more than two addresses, a password with a space and a community that is none",
      replacing: peering("autonomousSystem: 64512, address: 10.9.0.1/24, password: a b, communities: [65000]"),
      [
        "42:75: a tunnel's network is an IPv4 /30 or /31, not `/24`",
        "42:98: a BGP password has 1 to 80 letters, digits and signs, no spaces",
        "42:117: `65000` is not a community such as 65000:100",
      ]),
    Fault(
      "BGP with a third party where the overlay has OSPF",
      replacing: [
        partner[0],
        (
          "  tunnels:",
          "  links: [{ between: [hq, oslo], bgp: { autonomousSystem: 64512, address: 169.254.10.2/30 } }]\n  tunnels:"
        ),
      ],
      [
        "42:39: a link has BGP only where the overlay has it | write `routing: { protocol: bgp, autonomousSystem: 65000 }`"
      ]),
    Fault(
      "BGP asked for between gateways of ours",
      replacing: [
        partner[1],
        (
          "  tunnels:",
          "  links: [{ between: [hq, oslo], bgp: { autonomousSystem: 64512, address: 169.254.10.2/30 } }]\n  tunnels:"
        ),
      ],
      [
        "42:39: `bgp` is for a third party's gateway; our own peer by themselves | leave it out, or add `managed: false` to one of the sites"
      ]),
    Fault(
      "an area where there is no OSPF",
      replacing: [
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"),
        ("protocol: ospf, area: 0", "protocol: static"),
      ],
      ["36:11: `area` has no meaning with static | remove it, or write `protocol: ospf`"]),
    Fault(
      "OSPF's authentication with static routes",
      replacing: [("protocol: ospf, area: 0", "protocol: static, authentication: md5")],
      ["43:48: `authentication` has no meaning with static | remove it, or write `protocol: ospf`"]),
    Fault(
      "areas without a backbone",
      replacing: [
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"), ("ospf, area: 0", "ospf, area: 2"),
      ],
      ["36:11: areas meet in the backbone, but the overlay's area is 2 | write `area: 0` under `routing`"]),
    Fault(
      "a link of two areas",
      replacing: [
        ("    role: hub\n", "    role: hub\n    area: 0.0.0.2\n"),
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"),
      ],
      [
        "37:11: `hq` is in area 2 and `oslo` in area 1, but they are linked | give both the same area, or one of them area 0"
      ]),
  ]
}
