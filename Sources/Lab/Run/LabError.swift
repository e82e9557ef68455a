import Glibc

/// Why the lab did not do what it was asked.
public enum LabError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A lab is there; there can be one at a time.
  case runsAlready
  /// No lab is there.
  case notRunning
  /// Network namespaces need root.
  case needsRoot
  /// The topology gives two things of the lab one name.
  case nameTaken(String)
  /// Nothing of the lab is called so; the names that there are.
  case unknownName(String, known: [String])
  /// The ISP line of that name translates no addresses.
  case noNAT(String)
  /// A program of the lab ended before it was ready; what its log says last.
  case ended(process: String, log: String)
  /// Processes that even a kill signal did not end.
  case unkillable([Int32])
  /// A system call failed, with its `errno`.
  case system(String, Int32)

  /// The reason, and what to do about it.
  public var description: String {
    switch self {
    case .runsAlready: "a lab runs already: 'fabric lab down' takes it down"
    case .notRunning: "no lab runs: 'fabric lab up TOPOLOGY' builds one"
    case .needsRoot: "the lab builds network namespaces, which takes root"
    case .nameTaken(let name): "two things of the lab would be called \(name): rename a site"
    case .unknownName(let name, let known):
      "nothing in the lab is called \(name): there is \(known.joined(separator: ", "))"
    case .noNAT(let line): "\(line) is no NAT: it is one where the topology says `behindNAT: true`"
    case .ended(let process, let log): "\(process) ended: \(log)"
    case .unkillable(let processes): "processes do not end: \(processes.map(String.init).joined(separator: ", "))"
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    }
  }
}
