/// Faults of keys, each the base topology with pieces replaced.
extension Fault {
  static let keys: [Fault] = [
    Fault(
      "an unknown key with a near one",
      replacing: [("lifetime: 86400s", "lifetme: 86400s")],
      ["11:7: an IKE profile has no key `lifetme` | did you mean `lifetime`?"]),
    Fault(
      "an unknown key at the top",
      replacing: [("overlay:\n", "overlays:\n")],
      [
        "1:1: a topology needs `overlay` | Which sites are connected, and how.",
        "40:1: a topology has no key `overlays` | did you mean `overlay`?",
      ]),
    Fault(
      "an unknown key like no other",
      replacing: [("role: hub", "colour: red")],
      [
        "22:5: a site has no key `colour` | its keys are `role`, `drained`, `managed`, `identity`, `authentication`, `authorities`, `loopback`, `lans`, `uplinks`, `area`, `ike`, `ipsec`",
        "41:10: hub-and-spoke needs a hub, but no site has `role: hub` | add `role: hub` to one site",
      ]),
    Fault(
      "a swapped letter",
      replacing: [("behindNAT", "behidnNAT")],
      ["33:54: an uplink has no key `behidnNAT` | did you mean `behindNAT`?"]),
    Fault(
      "a key given twice",
      replacing: [("    loopback: 10.255.0.11", "    loopback: 10.255.0.11\n    loopback: 10.255.0.13")],
      ["30:5: `loopback` is already given on line 29 | give each key once"]),
    Fault(
      "two keys given twice",
      replacing: [
        ("kind: Topology", "kind: Topology\nkind: Topology"), ("    role: hub", "    role: hub\n    role: hub"),
      ],
      [
        "3:1: `kind` is already given on line 2 | give each key once",
        "24:5: `role` is already given on line 23 | give each key once",
      ]),
    Fault(
      "a missing key",
      replacing: [("name: isp-a, ", "")],
      ["27:9: an uplink needs `name` | The line's name, once per site."]),
    Fault(
      "a key without value",
      replacing: [("shape: hub-and-spoke", "shape:")],
      ["41:9: one of hub-and-spoke, full-mesh, custom belongs here, but nothing stands here"]),
    Fault(
      "a list in place of a mapping",
      replacing: [("dpd: { interval: 10s }", "dpd: [10s]")],
      ["12:12: `dpd` is a mapping, but a list stands here | its keys are `interval`"]),
    Fault(
      "a mapping in place of a value",
      replacing: [("loopback: 10.255.0.11", "loopback: { a: b }")],
      ["29:15: a list of values belongs here, but a mapping stands here | write `[…]` or lines with `-`"]),
    Fault(
      "a mapping in place of a list",
      replacing: [
        ("lans:\n      - { interface: lan0, address: 10.1.0.1/24 }", "lans: { interface: lan0, address: 10.1.0.1/24 }")
      ],
      ["30:11: a list of LANs belongs here, but a mapping stands here | write `[…]` or lines with `-`"]),
    Fault(
      "a value in place of the sites",
      replacing: [("apiVersion: fabric/v1", "apiVersion: fabric/v2"), ("kind: Topology", "kind: Network")],
      [
        "1:13: `fabric/v2` is not known here | did you mean `fabric/v1`?",
        "2:7: `Network` is not known here | write one of `Topology`",
      ]),
  ]
}
