/// Faults of overlay, each the base topology with pieces replaced.
extension Fault {
  static let overlay: [Fault] = [
    Fault(
      "hub-and-spoke without a hub",
      replacing: [("role: hub", "role: spoke")],
      ["41:10: hub-and-spoke needs a hub, but no site has `role: hub` | add `role: hub` to one site"]),
    Fault(
      "a shape that is not known",
      replacing: [("shape: hub-and-spoke", "shape: hub-and-spokes")],
      ["41:10: `hub-and-spokes` is not known here | did you mean `hub-and-spoke`?"]),
    Fault(
      "BGP without an autonomous system, and with an area",
      replacing: [("protocol: ospf, area: 0", "protocol: bgp, area: 0")],
      [
        "43:12: BGP needs `autonomousSystem` | add one, such as `autonomousSystem: 65000`",
        "43:35: `area` has no meaning with bgp | remove it, or write `protocol: ospf`",
      ]),
    Fault(
      "an autonomous system of OSPF",
      replacing: [("protocol: ospf, area: 0", "protocol: ospf, autonomousSystem: 65000")],
      [
        "43:48: `autonomousSystem` has no meaning with ospf | remove it, or write `protocol: bgp` or `protocol: eigrp`"
      ]),
    Fault(
      "BGP with IPv6 over numbered tunnels, whose sessions are IPv4's",
      replacing: [
        ("{ addressing: unnumbered }", "{ pool: 172.31.0.0/24 }"),
        ("protocol: ospf, area: 0", "protocol: bgp, autonomousSystem: 65000"),
        ("loopback: 10.255.0.11", "loopback: [10.255.0.11, \"2001:db8::11\"]"),
      ],
      [
        "29:29: bgp carries IPv4 routes only over numbered tunnels, not 2001:db8::11/128 | write `protocol: static`, or remove the IPv6 address"
      ]),
    Fault(
      "selectors between gateways that are both Fabric's, one of which has no LAN",
      replacing: [
        ("  tunnels:", "  links: [{ between: [hq, oslo], selectors: lans }]\n  tunnels:"),
        ("    lans:\n      - { interface: lan0, address: 10.2.0.1/24 }\n", ""),
      ],
      [
        "40:45: `selectors: lans` is for third parties' gateways, and Fabric runs both of these | remove it: what goes into a tunnel between them is decided by routing",
        "40:45: `selectors: lans` needs LANs at both ends, and `oslo` has none | give it `lans`, or remove `selectors`",
      ]),
    Fault(
      "shortcuts where there is no hub, and with a protocol that does not find them",
      replacing: [
        ("role: hub", "role: spoke"), ("shape: hub-and-spoke", "shape: full-mesh\n  shortcuts: { idle: 5m }"),
        ("protocol: ospf, area: 0", "protocol: static"),
      ],
      [
        "42:14: shortcuts lead past the hubs, and full-mesh has none to lead past | remove `shortcuts`, or write `shape: hub-and-spoke`",
        "42:14: shortcuts need a routing protocol that finds them, and static does not | write `protocol: ospf`, or remove `shortcuts`",
      ]),
    Fault(
      "a spoke and the only hub drained",
      replacing: [
        ("    role: hub\n", "    role: hub\n    drained: true\n"),
        ("    loopback: 10.255.0.11\n", "    loopback: 10.255.0.11\n    drained: true\n"),
      ],
      [
        "23:14: no hub is left for the traffic | leave one of them as it is",
        "31:14: `berlin` carries no other sites' traffic | leave `drained` out",
      ]),
    Fault(
      "an area that is none",
      replacing: [("area: 0", "area: backbone")],
      ["43:36: `backbone` is not an OSPF area such as 0 or 0.0.0.1"]),
    Fault(
      "EIGRP over unnumbered tunnels",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: eigrp, autonomousSystem: 777 }"
        )
      ],
      ["42:26: EIGRP finds no neighbours over unnumbered tunnels | write `tunnels: { pool: 172.31.0.0/16 }`"]),
    Fault(
      "EIGRP without an autonomous system",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { pool: 172.31.0.0/24 }\n  routing: { protocol: eigrp }"
        )
      ],
      ["43:12: EIGRP needs `autonomousSystem` | add one, such as `autonomousSystem: 777`"]),
    Fault(
      "an autonomous system out of range",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { pool: 172.31.0.0/24 }\n  routing: { protocol: eigrp, autonomousSystem: 70000 }"
        )
      ],
      ["43:49: `70000` is not a number from 1 to 65535, as EIGRP has it"]),
    Fault(
      "EIGRP with BFD, which it would not hear",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { pool: 172.31.0.0/24 }\n  routing: { protocol: eigrp, autonomousSystem: 777, bfd: {} }"
        )
      ],
      [
        "43:59: BFD has no effect with eigrp: nothing there listens to it | remove it, or write `protocol: ospf` or `protocol: bgp`"
      ]),
    Fault(
      "an area of EIGRP",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { pool: 172.31.0.0/24 }\n  routing: { protocol: eigrp, autonomousSystem: 777, area: 0 }"
        )
      ],
      ["43:60: `area` has no meaning with eigrp | remove it, or write `protocol: ospf`"]),
    Fault(
      "summaries of EIGRP",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: hub-and-spoke\n  tunnels: { pool: 172.31.0.0/24 }\n  routing: { protocol: eigrp, autonomousSystem: 777, areas: [{ area: 0, stub: true }] }"
        )
      ],
      [
        "43:62: `areas` has no meaning with eigrp: FRR's eigrpd takes summaries and does nothing with them | remove it, or write `protocol: ospf`"
      ]),
    Fault(
      "a pool too small",
      replacing: [("{ addressing: unnumbered }", "{ pool: 172.31.0.0/30 }")],
      [
        "42:20: the pool 172.31.0.0/30 is too small: it has room for 1 of the overlay's 2 tunnels | write a pool of /29 or larger"
      ]),
    Fault(
      "a pool of unnumbered tunnels",
      replacing: [("{ addressing: unnumbered }", "{ addressing: unnumbered, pool: 172.31.0.0/24 }")],
      ["42:44: unnumbered tunnels take no addresses from a pool | remove `pool`, or write `addressing: numbered`"]),
    Fault(
      "numbered tunnels without a pool",
      replacing: [("{ addressing: unnumbered }", "{ addressing: numbered }")],
      ["42:26: numbered tunnels need a `pool` | add one, such as `pool: 172.31.0.0/16`"]),
    Fault(
      "unnumbered tunnels without a loopback",
      replacing: [("    loopback: 10.255.0.11\n", "")],
      [
        "28:3: unnumbered tunnels borrow the loopback, but `berlin` has none | add one, such as `loopback: 10.255.0.1`, or number the tunnels with `tunnels: { pool: 172.31.0.0/16 }`"
      ]),
    Fault(
      "OSPF with IPv6",
      replacing: [("loopback: 10.255.0.11", "loopback: [10.255.0.11, \"2001:db8::11\"]")],
      [
        "29:29: ospf carries IPv4 routes only, not 2001:db8::11/128 | write `protocol: static`, or remove the IPv6 address"
      ]),
    Fault(
      "BFD out of bounds",
      replacing: [("area: 0", "bfd: { interval: 1ms, multiplier: 1 }")],
      ["43:47: 1ms is out of bounds | write a duration from 10ms to 1m", "43:64: `1` is not a number from 2 to 50"]),
    Fault(
      "BFD without a unit",
      replacing: [("area: 0", "bfd: { interval: 50 }")],
      ["43:47: `50` is not a duration | write a number and a unit, such as `300ms`"]),
    Fault(
      "a custom overlay without links",
      replacing: [("shape: hub-and-spoke", "shape: custom")],
      [
        "28:3: no chain of links by way of hubs connects `berlin` to `hq` | add the link that is missing",
        "34:3: no chain of links by way of hubs connects `oslo` to `hq` | add the link that is missing",
        "41:3: a custom overlay needs `links` | list them, such as `links: [{ between: [hq, berlin] }]`",
      ]),
    Fault(
      "a site that no link reaches",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: custom\n  links:\n    - { between: [hq, berlin] }\n  routing: { protocol: ospf }"
        )
      ],
      ["34:3: no chain of links by way of hubs connects `oslo` to `hq` | add the link that is missing"]),
    Fault(
      "a site that only a spoke would connect",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: custom\n  links:\n    - { between: [hq, berlin] }\n    - { between: [berlin, oslo] }\n  routing: { protocol: ospf }"
        )
      ],
      ["34:3: no chain of links by way of hubs connects `oslo` to `hq` | add the link that is missing"]),
    Fault(
      "a link to nowhere",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: custom\n  links:\n    - { between: [hq, berlin] }\n    - { between: [hq, oslo] }\n    - { between: [hq, olso] }\n  routing: { protocol: ospf }"
        )
      ],
      ["45:23: there is no site `olso` | did you mean `oslo`?"]),
    Fault(
      "a link of one site with itself",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: custom\n  links:\n    - { between: [hq, berlin] }\n    - { between: [hq, oslo] }\n    - { between: [hq, hq] }\n  routing: { protocol: ospf }"
        )
      ],
      ["45:7: a link is between two different sites | write `between: [hq, berlin]`"]),
    Fault(
      "a link listed twice",
      replacing: [
        (
          "  shape: hub-and-spoke\n  tunnels: { addressing: unnumbered }\n  routing: { protocol: ospf, area: 0 }",
          "  shape: custom\n  links:\n    - { between: [hq, berlin] }\n    - { between: [hq, oslo] }\n    - { between: [oslo, hq] }\n  routing: { protocol: ospf }"
        )
      ],
      ["45:7: `hq` and `oslo` are already linked on line 44 | list each pair once"]),
    Fault(
      "settings of a link that the shape does not have",
      replacing: [("  tunnels:", "  links: [{ between: [berlin, oslo] }]\n  tunnels:")],
      [
        "42:11: hub-and-spoke does not link `berlin` and `oslo` | remove these settings, or write `shape: custom` and list every link"
      ]),
    Fault(
      "tests of life too often, and too few",
      replacing: [("addressing: unnumbered", "addressing: unnumbered, liveness: { interval: 1ms, multiplier: 1 }")],
      [
        "42:60: 1ms is out of bounds | write a duration from 10ms to 1m", "42:77: `1` is not a number from 2 to 50",
      ]),
    Fault(
      "a service level that asks for nothing, or for nonsense",
      replacing: [("addressing: unnumbered", "addressing: unnumbered, serviceLevel: { hold: 10s }")],
      ["42:52: this service level asks for nothing | add a limit, such as `loss: 2%`"]),
    Fault(
      "a loss that is no percentage",
      replacing: [("addressing: unnumbered", "addressing: unnumbered, serviceLevel: { loss: 0.02 }")],
      ["42:60: `0.02` is not a percentage such as 2%"]),
    Fault(
      "classes that want too much, of each other or of the network",
      replacing: [
        (
          "  shape: hub-and-spoke",
          "  shape: hub-and-spoke\n  classes:\n    a: { dscp: [ef, cs6], share: 60% }\n    b: { dscp: [46, 99], share: 40% }"
        )
      ],
      [
        "43:21: cs6 and above belong to the network itself, which has a class of its own",
        "44:17: this DSCP is in two classes | give each to one class",
        "44:21: `99` is not a DSCP such as ef, af31, cs4 or 46",
        "44:33: the classes want 100 % of a line | leave 10 % for all other traffic and for the network itself",
      ]),
    Fault(
      "a class that is sent by all ways and wants the best of them",
      replacing: [
        (
          "  shape: hub-and-spoke",
          "  shape: hub-and-spoke\n  classes: { v: { dscp: ef, share: 5%, duplicated: true, serviceLevel: { loss: 1% } } }"
        )
      ],
      [
        "42:52: no packet can be sent twice, as no site has two uplinks | add an uplink, or leave it out",
        "42:72: a class that is sent by two tunnels at once does not choose between them | leave out `serviceLevel` or `duplicated`",
      ]),
    Fault(
      "a class that is sent twice where there is one way only",
      replacing: [
        (
          "  shape: hub-and-spoke",
          "  shape: hub-and-spoke\n  classes: { voice: { dscp: ef, share: 30%, duplicated: true } }"
        )
      ],
      ["42:57: no packet can be sent twice, as no site has two uplinks | add an uplink, or leave it out"]),
    Fault(
      "two ends behind NAT",
      replacing: [
        ("address: 203.0.113.2/24, gateway: 203.0.113.254", "address: dhcp"),
        ("shape: hub-and-spoke", "shape: full-mesh"),
      ],
      [
        "34:3: `berlin` and `oslo` cannot be linked: both ends are behind NAT or leased, so neither can be called | give one of them a fixed public address, or link both to a hub"
      ]),
    Fault(
      "an IPv4 and an IPv6 end",
      replacing: [
        ("address: 203.0.113.2/24, gateway: 203.0.113.254", "address: \"2001:db8:1::2/64\", gateway: \"2001:db8:1::1\"")
      ],
      [
        "34:3: `hq` and `oslo` cannot be linked: one end has only IPv4 uplinks, the other only IPv6 | give one of them an uplink of the other family"
      ]),
    Fault(
      "a third party's gateway that cannot be known",
      replacing: [("  berlin:", "  berlin:\n    managed: false")],
      [
        "28:3: the third party's gateway `berlin` has no address to be known by | add `identity:` and what it calls itself, such as `gateway.example.com`"
      ]),
    Fault(
      "an identity of a gateway of Fabric's",
      replacing: [("  berlin:", "  berlin:\n    identity: gw.example.com")],
      [
        "29:15: Fabric names its own gateways; `identity` is for a third party's | leave it out, or add `managed: false`"
      ]),
  ]
}
