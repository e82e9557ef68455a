import Foundation
import Glibc
import LinuxNetworking
import Topology

/// A lab that runs: the sites of one topology on this machine, in network namespaces.
public struct Lab {
  /// The network that it runs.
  public let topology: TopologyDocument
  /// What was built for it.
  public let plan: LabPlan
  /// What it remembers.
  public private(set) var state: LabState

  private var network: LabNetwork { LabNetwork(plan: plan) }

  /// Builds the network of a topology and starts its DHCP servers, but no controller or agent yet.
  ///
  /// - Parameters:
  ///   - text: the topology file.
  ///   - file: its name, for errors.
  /// - Throws: `ValidationFailure`, `LabError`, or what a command that it runs says. What was built until then is
  ///   removed again.
  public static func up(_ text: String, file: String) throws -> Lab {
    let topology = try TopologyDocument.parse(text, file: file)
    let plan = try LabPlan(topology)
    guard geteuid() == 0 else { throw LabError.needsRoot }
    try LabFiles.create()
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: LabFiles.topology))
      var lab = Lab(topology: topology, plan: plan, state: LabState(topology: topology.name))
      try lab.state.save()
      try lab.network.build()
      try lab.startDHCPServers()
      return lab
    } catch {
      try? Lab.down()
      throw error
    }
  }

  /// The lab that runs. Throws `LabError.notRunning` where there is none.
  public static func running() throws -> Lab {
    let state = try LabState.load()
    let text = try String(contentsOfFile: LabFiles.topology, encoding: .utf8)
    let topology = try TopologyDocument.parse(text, file: LabFiles.topology)
    return Lab(topology: topology, plan: try LabPlan(topology), state: state)
  }

  /// Takes down whatever is there of a lab; also what a crash left, and nothing where there is nothing.
  public static func down() throws {
    guard geteuid() == 0 else { throw LabError.needsRoot }
    try LabNetwork.remove()
    try LabFiles.remove()
  }

  // MARK: Programs

  /// Starts a program in one of the lab's namespaces, with its output in a log file, and remembers it.
  public mutating func start(_ name: String, _ process: LabProcess) throws {
    state.processes[name] = process
    try state.save()
    var program = Program(process.executable, process.arguments, in: NetworkNamespace(process.namespace))
    let log = try FileDescriptor(path: LabFiles.log(of: name), flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    program.standardOutput = log
    program.standardError = log
    program.leadsProcessGroup = true
    let child = try ChildProcess(program)
    state.processes[name]?.identity = ProcessIdentity(child.identifier)
    try state.save()
  }

  /// The topology file as it was given.
  public func topologyText() throws -> String { try String(contentsOfFile: LabFiles.topology, encoding: .utf8) }

  /// Ends a program that the lab started, if it still runs, and starts it again.
  public mutating func restart(_ name: String) throws {
    guard let process = state.processes[name] else {
      throw LabError.unknownName(name, known: state.processes.keys.sorted())
    }
    try ProcessIdentity.end { [process.identity].compactMap(\.self).filter(\.isRunning) }
    try start(name, process)
  }

  /// Throws `LabError.ended`, with the end of its log, unless the program runs.
  public func checkRuns(_ name: String) throws {
    if state.processes[name]?.identity?.isRunning == true { return }
    let log = (try? String(contentsOfFile: LabFiles.log(of: name), encoding: .utf8)) ?? ""
    throw LabError.ended(process: name, log: log.split(separator: "\n").suffix(3).joined(separator: "; "))
  }

  private mutating func startDHCPServers() throws {
    for namespace in plan.namespaces {
      guard let server = namespace.leases else { continue }
      let line = namespace.name.dropFirst(LabNames.prefix.count)
      try start("dhcp-\(line)", .init(namespace: namespace.name, executable: "dnsmasq", arguments: server.arguments))
    }
  }

  // MARK: Faults

  /// Takes an ISP line down: the link, or every packet without a sign.
  public mutating func cut(site: String, uplink: String, _ cut: LabState.Cut) throws {
    let isp = try line(site: site, uplink: uplink)
    try network.cut(isp, cut)
    state.cuts[isp.name] = cut
    try state.save()
  }

  /// Brings an ISP line back; does nothing where it is up.
  public mutating func mend(site: String, uplink: String) throws {
    let isp = try line(site: site, uplink: uplink)
    try network.mend(isp)
    state.cuts[isp.name] = nil
    try state.save()
  }

  /// Has the NAT of an ISP line forget its mappings and make others, behind other ports of the ISP's address or of another
  /// one.
  public mutating func rebind(site: String, uplink: String, toOtherAddress: Bool) throws {
    let isp = try line(site: site, uplink: uplink)
    let generation = state.rebindings[isp.name, default: 0] + 1
    try network.rebind(isp, generation: generation, toOtherAddress: toOtherAddress)
    state.rebindings[isp.name] = generation
    try state.save()
  }

  private func line(site: String, uplink: String) throws -> LabNamespace {
    if let line = plan.namespace(named: LabNames.isp(site, uplink)) { return line }
    let known = topology.sites.flatMap { site in site.uplinks.map { "\(site.name) \($0.name)" } }
    throw LabError.unknownName("\(site) \(uplink)", known: known)
  }

  // MARK: Inside

  /// The namespace of a site, `SITE-host`, `isp-SITE-UPLINK`, `internet` or `controller`.
  public func namespace(_ name: String) throws -> NetworkNamespace {
    guard let namespace = plan.namespace(named: LabNames.prefix + name) else {
      throw LabError.unknownName(name, known: plan.namespaces.map { String($0.name.dropFirst(LabNames.prefix.count)) })
    }
    return NetworkNamespace(namespace.name)
  }

  /// Becomes a program inside a namespace of the lab, with the caller's terminal; returns only to throw.
  ///
  /// - Parameters:
  ///   - command: the program, looked up in `PATH`, and its arguments.
  ///   - name: as for `namespace(_:)`.
  public func execute(_ command: [String], in name: String) throws -> Never {
    try namespace(name).enter()
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    let program = command.first ?? ""
    execvp(program, arguments)
    throw LabError.system("run \(program)", errno)
  }
}
