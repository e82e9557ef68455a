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
      "selectors that would keep the BGP session out, and a summary that holds none of our networks",
      replacing: partner + [
        (
          "  tunnels:",
          """
            links:
              - between: [hq, oslo]
                selectors: lans
                bgp: { autonomousSystem: 64512, address: 169.254.10.2/30, summaries: [10.2.0.0/16, 10.0.0.0/15] }
            tunnels:
          """
        )
      ],
      [
        "44:18: `selectors: lans` lets no BGP session through: its addresses are in none of the LANs | remove it, or leave `bgp` out: the third party's `lans` are then routed statically",
        "45:77: no network of ours is in 10.2.0.0/16 | write a prefix that holds one",
        "45:77: the summary 10.2.0.0/16 overlaps the LAN 10.2.0.0/24 of `oslo` on line 37 | every LAN, loopback and tunnel needs addresses of its own",
      ]),
    Fault(
      "settings of an area that no site is in, and of one that has settings already",
      replacing: [("area: 0 }", "area: 0, areas: [{ area: 7, stub: true }, { area: 7, stub: true }] }")],
      [
        "43:55: no site is in area 7 | write `area: 7` at those that are",
        "43:80: no site is in area 7 | write `area: 7` at those that are",
        "43:80: the settings of area 7 are there already | list each area once",
      ]),
    Fault(
      "a stub backbone, and a summary that nobody would hear of",
      replacing: [("area: 0 }", "area: 0, areas: [{ area: 0, stub: true, summaries: 10.0.0.0/8 }] }")],
      [
        "43:64: the backbone cannot be a stub area | remove `stub`, or move its sites to another area",
        "43:81: all sites are in this area, so nobody hears of its summaries | remove `summaries`, or give sites other areas",
      ]),
    Fault(
      "an area that is asked for nothing",
      replacing: [
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"),
        ("area: 0 }", "area: 0, areas: [{ area: 1 }] }"),
      ],
      ["44:47: this area is asked for nothing | add `summaries`, or `stub: true`"]),
    Fault(
      "a summary that holds networks of another area",
      replacing: [
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"),
        ("area: 0 }", "area: 0, areas: [{ area: 1, summaries: [10.1.0.0/16] }] }"),
      ],
      [
        "44:70: no network of the area is in 10.1.0.0/16 | write a prefix that holds one",
        "44:70: the summary 10.1.0.0/16 overlaps the LAN 10.1.0.0/24 of `berlin` on line 31 | every LAN, loopback and tunnel needs addresses of its own",
      ]),
    Fault(
      "a summary that holds an ISP line, whose packets it would drop",
      replacing: [
        ("loopback: 10.255.0.12", "loopback: 10.255.0.12\n    area: 1"),
        ("203.0.113.2/24, gateway: 203.0.113.254", "10.2.9.2/24, gateway: 10.2.9.254"),
        ("area: 0 }", "area: 0, areas: [{ area: 1, summaries: [10.2.0.0/16] }] }"),
      ],
      [
        "44:70: the summary 10.2.0.0/16 overlaps the network 10.2.9.0/24 of the uplink `fiber` of `oslo` on line 40 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "a stub area that a third party is linked to",
      replacing: [
        ("  oslo:\n    loopback: 10.255.0.12\n", "  oslo:\n    managed: false\n"),
        ("loopback: 10.255.0.11", "loopback: 10.255.0.11\n    role: hub\n    area: 1"),
        (
          "  shape: hub-and-spoke\n",
          "  shape: custom\n  links: [{ between: [hq, berlin] }, { between: [berlin, oslo] }]\n"
        ), ("area: 0 }", "area: 0, areas: [{ area: 1, stub: true }] }"),
      ],
      [
        "46:64: OSPF would tell nobody in the stub area 1 of `oslo`, which `berlin` is linked to | remove `stub`, or link `oslo` to a site of the backbone"
      ]),
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
