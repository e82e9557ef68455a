/// Faults of names, each the base topology with pieces replaced.
extension Fault {
  static let names: [Fault] = [
    Fault(
      "an upper-case name",
      replacing: [("  berlin:", "  Berlin:")],
      ["28:3: `Berlin` is not a name: lower-case letters, digits and single hyphens make one | write `berlin`"]),
    Fault(
      "a name with an underscore",
      replacing: [("name: isp-a", "name: isp_a")],
      ["27:17: `isp_a` is not a name: lower-case letters, digits and single hyphens make one | write `isp-a`"]),
    Fault(
      "a name that is too long",
      replacing: [("name: acme", "name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
      ["3:19: the name `aaaaaaaaaaaaaaaa…` has 64 characters | use at most 63"]),
    Fault(
      "a double hyphen, which separates the ends of a tunnel",
      replacing: [("name: isp-a", "name: isp--a")],
      ["27:17: `isp--a` is not a name: lower-case letters, digits and single hyphens make one | write `isp-a`"]),
    Fault(
      "a site named like the lab's host",
      replacing: [("  oslo:", "  hq-host:")],
      ["34:3: in the lab, `hq-host` is the host of the site `hq` | rename the site"]),
    Fault(
      "an uplink name used twice",
      replacing: [
        (
          "    uplinks:\n      - { name: isp-a, interface: wan0, address: 198.51.100.1/24, gateway: 198.51.100.254 }",
          "    uplinks:\n      - { name: isp-a, interface: wan0, address: 198.51.100.1/24, gateway: 198.51.100.254 }\n      - { name: isp-a, interface: wan1, address: 198.51.100.2/24, gateway: 198.51.100.254 }"
        )
      ],
      ["28:17: the uplink `isp-a` of `hq` is already defined on line 27 | give each uplink of a site a name of its own"]
    ),
    Fault(
      "an interface of an uplink and a LAN",
      replacing: [("interface: lan0, address: 10.1.0.1", "interface: wan0, address: 10.1.0.1")],
      [
        "31:22: the interface `wan0` of `berlin` already serves the uplink `dsl` | name the interface of each uplink and LAN once"
      ]),
    Fault(
      "an interface of Fabric's own",
      replacing: [("interface: lan0, address: 10.1.0.1", "interface: vti0, address: 10.1.0.1")],
      ["31:22: the interface `vti0` belongs to Fabric itself | name a network card such as `eth0`"]),
    Fault(
      "an interface name that is too long",
      replacing: [("interface: lan0, address: 10.1.0.1", "interface: abcdefghijklmnop, address: 10.1.0.1")],
      ["31:22: `abcdefghijklmnop` is not an interface name | use 1 to 15 letters and digits, such as `wan0`"]),
    Fault(
      "a site alone",
      replacing: [("sites:\n", "sites: { hq: { uplinks: [] } }\nold:\n")],
      [
        "20:8: a topology connects sites, but there is only 1 | add the other site",
        "20:10: unnumbered tunnels borrow the loopback, but `hq` has none | add one, such as `loopback: 10.255.0.1`, or number the tunnels with `tunnels: { pool: 172.31.0.0/16 }`",
        "20:25: the site `hq` has no uplink | list at least one",
        "21:1: a topology has no key `old` | its keys are `apiVersion`, `kind`, `metadata`, `profiles`, `defaults`, `sites`, `overlay`",
        "42:10: hub-and-spoke needs a hub, but no site has `role: hub` | add `role: hub` to one site",
      ]),
  ]
}
