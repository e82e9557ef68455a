import Foundation
import LinuxNetworking

/// Makes, changes and removes the namespaces of a plan.
struct LabNetwork {
  let plan: LabPlan

  /// Makes everything that the plan names.
  func build() throws {
    for namespace in plan.namespaces { try run("ip", ["netns", "add", namespace.name]) }
    try batch(plan.cables.map(\.command))
    for namespace in plan.namespaces { try configure(namespace) }
  }

  /// Configures a namespace, also again after one of its links was down.
  func configure(_ namespace: LabNamespace) throws {
    let inside = NetworkNamespace(namespace.name)
    try inside.inside {
      for (path, value) in namespace.settings.sorted(by: { $0.key < $1.key }) {
        try Data(value.utf8).write(to: URL(fileURLWithPath: "/proc/sys/\(path)"))
      }
    }
    let activation = plan.cables.flatMap(\.activation).filter { $0.namespace == namespace.name }.map(\.command)
    try batch(namespace.preparation + activation + namespace.configuration, in: inside)
    if let ruleset = namespace.ruleset { try filter(ruleset, in: inside) }
  }

  /// Takes an ISP line down.
  func cut(_ isp: LabNamespace, _ cut: LabState.Cut) throws {
    switch cut {
    case .link: try batch(["link set \(LabNames.line) down"], in: NetworkNamespace(isp.name))
    case .silent: try filter(LabNamespace.blackHole, in: NetworkNamespace(isp.name))
    case .lossy(let percent): try filter(LabNamespace.losing(percent: percent), in: NetworkNamespace(isp.name))
    }
  }

  /// Brings an ISP line back, however it was cut.
  func mend(_ isp: LabNamespace) throws {
    let namespace = NetworkNamespace(isp.name)
    try filter(LabNamespace.withoutBlackHole, in: namespace)
    try batch(["link set \(LabNames.line) up"] + isp.configuration, in: namespace)
  }

  /// Has an ISP's NAT map its customer anew, behind another port and, if so wished, another address.
  func rebind(_ isp: LabNamespace, generation: Int, toOtherAddress isMoving: Bool) throws {
    guard let transit = isp.transitAddress, let other = LabAddresses.other(than: transit),
      let ruleset = isp.rebinding(generation, to: isMoving ? other : transit)
    else { throw LabError.noNAT(isp.shortName) }
    let namespace = NetworkNamespace(isp.name)
    try batch(["addr replace \(other)/32 dev \(LabNames.upstream)"], in: namespace)
    try batch(["route replace \(other) via \(transit)"], in: NetworkNamespace(LabNames.internet))
    try filter(ruleset, in: namespace)
  }

  /// Ends every process in the lab's namespaces and removes these, whether or not a plan or state is left of them.
  static func remove() throws {
    let namespaces = NetworkNamespace.ofLab
    try ProcessIdentity.end { ProcessIdentity.inside(namespaces) }
    for namespace in namespaces { try Program("ip", ["netns", "delete", namespace.name]).run() }
  }

  private func run(_ program: String, _ arguments: [String]) throws { try Program(program, arguments).run() }

  private func batch(_ commands: [String], in namespace: NetworkNamespace? = nil) throws {
    guard !commands.isEmpty else { return }
    let input = commands.joined(separator: "\n") + "\n"
    try Program("ip", ["-batch", "-"], in: namespace).run(input: Array(input.utf8))
  }

  private func filter(_ ruleset: String, in namespace: NetworkNamespace) throws {
    try Program("nft", ["-f", "-"], in: namespace).run(input: Array((ruleset + "\n").utf8))
  }
}
