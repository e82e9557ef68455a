import Lab
import LinuxNetworking

/// A make of IKE daemon, and the ESP that it drives.
enum Make: String, CaseIterable, Sendable {
  case strongSwan = "strongSwan, its own ESP"
  case strongSwanKernel = "strongSwan, Linux ESP"
  case libreswan = "libreswan, Linux ESP"
  case openIKED = "openiked, Linux ESP"

  /// Whether what it needs is on this machine.
  var isAvailable: Bool {
    switch self {
    case .strongSwan: true
    case .strongSwanKernel: VirtualMachine.isAvailable
    case .libreswan: VirtualMachine.isAvailable && Libreswan.isAvailable
    case .openIKED: VirtualMachine.isAvailable && OpenIKED.isAvailable
    }
  }

  var isStrongSwan: Bool { self == .strongSwan || self == .strongSwanKernel }

  /// Configures and starts the daemon of a partner on its machine.
  func peer(on machine: any PeerMachine, _ connection: PeerConnection) throws -> any Peer {
    switch self {
    case .strongSwan, .strongSwanKernel: try StrongSwan(on: machine, [connection])
    case .libreswan: try Libreswan(on: machine, [connection])
    case .openIKED: try OpenIKED(on: machine, [connection])
    }
  }
}

/// One line of the matrix: who talks to Fabric, and with which cryptography.
struct Scenario: Sendable {
  let make: Make
  let suite: Suite

  init(_ make: Make, _ suite: Suite) {
    self.make = make
    self.suite = suite
  }
}

/// What a peer and Fabric do together; every step waits for the one before it.
enum Step: String, CaseIterable, Sendable {
  case establish = "established"
  case fragments = "IKE in fragments"
  case transfer = "256 KiB each way"
  case peerRekeysChild = "peer rekeys Child SA"
  case peerRekeysIKE = "peer rekeys IKE SA"
  case fabricRekeysBoth = "Fabric rekeys both"
  case natForgets = "NAT forgets the mapping"
  case peerDeletes = "peer deletes, back again"
  case peerDies = "Fabric notices a dead peer"
  case lineDies = "peer notices a dead Fabric"
  case fabricDeletes = "Fabric deletes"

  /// Whether a make can do it; docs/interop.md says why not.
  func isAsked(of scenario: Scenario, _ nat: ThirdParties.NAT) -> Bool {
    let make = scenario.make
    switch self {
    case .peerRekeysChild, .peerRekeysIKE: return make != .openIKED || nat == .beforePartners
    case .fragments: return make.isStrongSwan
    case .lineDies: return make != .openIKED
    case .natForgets: return nat == .beforeHub ? make != .libreswan : make != .openIKED
    default: return true
    }
  }

  /// Does what is done once for all partners.
  func begin(in lab: RunningLab, _ parties: ThirdParties) throws {
    switch self {
    case .natForgets: for site in parties.sitesBehindNAT { try lab.forgetTranslations(of: site) }
    case .lineDies: try lab.fabric("lab", "cut", "hub", "isp", "--silent")
    case .fabricDeletes: try lab.apply(parties.topology(otherKeys: true))
    default: break
    }
  }

  /// How many seconds it may take.
  var limit: Int {
    switch self {
    case .establish, .transfer, .peerDies: 90
    case .fabricRekeysBoth, .lineDies: 100
    case .fragments, .peerRekeysChild, .peerRekeysIKE, .natForgets, .peerDeletes, .fabricDeletes: 45
    }
  }
}

extension RunningLab {
  /// Has the NAT before a site forget all connections; from here on it takes other ports for them.
  fileprivate func forgetTranslations(of site: String) throws {
    let isp = NetworkNamespace(LabNames.isp(site, "isp"))
    let route = try Program("ip", ["route", "show", "default"], in: isp).run()
    let rules = """
      flush chain inet fabric-lab-nat postrouting
      add rule inet fabric-lab-nat postrouting oifname "\(LabNames.upstream)" meta l4proto udp masquerade to :20000-29999
      """
    try Program("nft", ["-f", "-"], in: isp).run(input: Array((rules + "\n").utf8))
    // Linux forgets a masqueraded connection when its line goes down, and the line's routes too.
    let upstream = LabNames.upstream
    let commands = "link set \(upstream) down\nlink set \(upstream) up\nroute replace \(route)\n"
    try Program("ip", ["-batch", "-"], in: isp).run(input: Array(commands.utf8))
  }
}
