/// Faults of uplinks, each the base topology with pieces replaced.
extension Fault {
  static let uplinks: [Fault] = [
    Fault(
      "a gateway outside of the subnet",
      replacing: [("gateway: 198.51.100.254", "gateway: 198.51.101.254")],
      [
        "27:76: the gateway `198.51.101.254` is outside of the uplink's network 198.51.100.0/24 | write a gateway in 198.51.100.0/24, or correct the prefix length"
      ]),
    Fault(
      "a gateway that is the uplink itself",
      replacing: [("gateway: 198.51.100.254", "gateway: 198.51.100.1")],
      ["27:76: the gateway `198.51.100.1` is the uplink's own address | write the ISP's router"]),
    Fault(
      "a gateway of another family",
      replacing: [("gateway: 198.51.100.254", "gateway: \"2001:db8::1\"")],
      [
        "27:76: the gateway `2001:db8::1` is of another address family than `198.51.100.1/24` | write a gateway in 198.51.100.0/24"
      ]),
    Fault(
      "a weight where nothing is shared",
      replacing: [("priority: 1 }", "priority: 1, weight: 3 }")],
      [
        "33:92: `weight` has no meaning: no other uplink of `berlin` has priority 1 | give the uplinks that share traffic the same priority, or leave `weight` out"
      ]),
    Fault(
      "a fixed address without gateway",
      replacing: [(", gateway: 198.51.100.254", "")],
      [
        "27:50: the fixed address `198.51.100.1/24` needs a `gateway` | write `gateway:` and the ISP's router, such as `198.51.100.2`"
      ]),
    Fault(
      "a gateway of a leased address",
      replacing: [("address: dhcp", "address: dhcp, gateway: 192.0.2.1")],
      ["33:63: a `dhcp` uplink learns its gateway from the lease | leave `gateway` out"]),
    Fault(
      "a site without uplinks",
      replacing: [
        (
          "    uplinks:\n      - { name: dsl, interface: wan0, address: dhcp, behindNAT: true, priority: 1 }",
          "    uplinks: []"
        )
      ],
      ["32:14: the site `berlin` has no uplink | list at least one"]),
    Fault(
      "a site that says nothing of uplinks",
      replacing: [
        (
          "    uplinks:\n      - { name: dsl, interface: wan0, address: dhcp, behindNAT: true, priority: 1 }",
          "    ike: strong"
        )
      ],
      ["29:5: a site needs `uplinks` | The ISP lines."]),
    Fault(
      "an uplink's address that cannot be",
      replacing: [("198.51.100.1/24", "198.51.100.1/40")],
      ["27:50: `/40` is not a prefix length | write a number from 1 to 32, such as `198.51.100.1/24`"]),
    Fault(
      "an MTU out of bounds",
      replacing: [("priority: 1", "mtu: 900")],
      ["33:76: `900` is not a number of bytes from 1280 to 9000"]),
    Fault(
      "a priority that is no number",
      replacing: [("priority: 1", "priority: high")],
      ["33:81: `high` is not a number from 1 to 100"]),
    Fault(
      "a boolean that is none",
      replacing: [("behindNAT: true", "behindNAT: maybe")],
      ["33:65: `maybe` is not true or false"]),
  ]
}
