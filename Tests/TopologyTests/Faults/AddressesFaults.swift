/// Faults of addresses, each the base topology with pieces replaced.
extension Fault {
  static let addresses: [Fault] = [
    Fault(
      "a prefix length that cannot be",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.1/33")],
      ["31:37: `/33` is not a prefix length | write a number from 1 to 32, such as `10.1.0.1/24`"]),
    Fault(
      "a mask in place of a prefix length",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.1/255.255.255.0")],
      ["31:37: `10.1.0.1/255.255.255.0` has a mask; a prefix length belongs here | write `10.1.0.1/24`"]),
    Fault(
      "a mask with holes",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.1/255.0.255.0")],
      ["31:37: `255.0.255.0` is not a mask: its ones are not in one row | write `10.1.0.1/24`"]),
    Fault(
      "an address without prefix length",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.1")],
      ["31:37: `10.1.0.1` has no prefix length | write it behind a slash, such as `10.1.0.1/24`"]),
    Fault(
      "a LAN address that is the network",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.0/24")],
      [
        "31:37: `10.1.0.0/24` is the network itself, not an address in it | write a host's address such as `10.1.0.1/24`"
      ]),
    Fault(
      "a LAN address that is the broadcast address",
      replacing: [("address: 10.1.0.1/24", "address: 10.1.0.255/24")],
      ["31:37: `10.1.0.255/24` is the network's broadcast address | write a host's address such as `10.1.0.1/24`"]),
    Fault(
      "a host with a prefix length",
      replacing: [("loopback: 10.255.0.11", "loopback: 10.255.0.11/32")],
      ["29:15: `10.255.0.11/32` is not an address | write `10.255.0.11`, without a prefix length"]),
    Fault(
      "no address at all",
      replacing: [("loopback: 10.255.0.11", "loopback: ten")],
      ["29:15: `ten` is not an address | write one such as `10.255.0.1`"]),
    Fault(
      "a multicast address",
      replacing: [("loopback: 10.255.0.11", "loopback: 224.0.0.5")],
      ["29:15: `224.0.0.5` is a multicast address | use an address of a network of your own"]),
    Fault(
      "a loopback address of the host itself",
      replacing: [("loopback: 10.255.0.11", "loopback: 127.0.0.1")],
      ["29:15: `127.0.0.1` is the host's own loopback network | use an address of a network of your own"]),
    Fault(
      "a pool with host bits",
      replacing: [("{ addressing: unnumbered }", "{ pool: 172.31.0.1/16 }")],
      ["42:20: `172.31.0.1/16` has host bits set | write `172.31.0.0/16`"]),
    Fault(
      "overlapping LANs",
      replacing: [("10.1.0.1/24", "10.0.0.9/16")],
      [
        "31:37: the LAN 10.0.0.0/16 of `berlin` overlaps the LAN 10.0.0.0/24 of `hq` on line 25 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "the same LAN twice",
      replacing: [("10.1.0.1/24", "10.0.0.2/24")],
      [
        "31:37: the LAN 10.0.0.0/24 of `berlin` is also the LAN 10.0.0.0/24 of `hq` on line 25 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "the same loopback twice",
      replacing: [("10.255.0.12", "10.255.0.11")],
      [
        "35:15: the loopback 10.255.0.11 of `oslo` is also the loopback 10.255.0.11 of `berlin` on line 29 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "a loopback in a LAN",
      replacing: [("10.255.0.12", "10.0.0.77")],
      [
        "35:15: the loopback 10.0.0.77 of `oslo` overlaps the LAN 10.0.0.0/24 of `hq` on line 25 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "an uplink's network over a LAN",
      replacing: [("10.2.0.1/24", "203.0.113.1/25")],
      [
        "39:50: the network 203.0.113.0/24 of the uplink `fiber` of `oslo` overlaps the LAN 203.0.113.0/25 of `oslo` on line 37 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
    Fault(
      "the same uplink address twice",
      replacing: [("203.0.113.2/24, gateway: 203.0.113.254", "198.51.100.1/24, gateway: 198.51.100.254")],
      ["39:50: `oslo` has the address 198.51.100.1 of `hq` on line 27 | give each uplink an address of its own"]),
    Fault(
      "a pool over a LAN",
      replacing: [("{ addressing: unnumbered }", "{ pool: 10.2.0.0/16 }")],
      [
        "42:20: the tunnel pool 10.2.0.0/16 overlaps the LAN 10.2.0.0/24 of `oslo` on line 37 | every LAN, loopback and tunnel needs addresses of its own"
      ]),
  ]
}
