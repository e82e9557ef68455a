import Glibc

/// A program to start: which, with what arguments, descriptors and network namespace. No shell is ever involved.
public struct Program: Sendable {
  /// The path of the executable, or a bare name to look up with `Program.find`.
  public var executable: String
  /// The arguments after the program's own name.
  public var arguments: [String]
  /// The environment.
  public var environment: [String: String]
  /// The network namespace to run in; nil for the caller's.
  public var namespace: NetworkNamespace?
  /// Whether it leads a process group of its own, so that the terminal's ^C does not reach it.
  public var leadsProcessGroup = false
  /// Standard input; nil for /dev/null.
  public var standardInput: FileDescriptor?
  /// Standard output; nil for the caller's.
  public var standardOutput: FileDescriptor?
  /// Standard error; nil for the caller's.
  public var standardError: FileDescriptor?
  /// What the program finds as its descriptors 3, 4, …
  public var inherited: [FileDescriptor] = []

  /// A program with the caller's environment.
  public init(_ executable: String, _ arguments: [String] = [], in namespace: NetworkNamespace? = nil) {
    self.executable = executable
    self.arguments = arguments
    self.namespace = namespace
    self.environment = Program.currentEnvironment
  }

  /// Where the system keeps its programs, whatever the caller's `PATH` says.
  public static let searchPath = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/frr", "/usr/lib/ipsec",
  ]

  /// The full path of an executable; nil if none of that name is installed.
  public static func find(_ name: String) -> String? {
    if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
    return searchPath.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// The environment of this process.
  public static var currentEnvironment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return variables
  }
}

/// How a process ended.
public enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  /// It returned this code; 0 is success.
  case exited(Int32)
  /// A signal killed it.
  case signalled(Int32)
  /// Its exit status went to another process, its parent.
  case unobserved

  /// `exit status 1` or `killed by signal 9`.
  public var description: String {
    switch self {
    case .exited(let code): "exit status \(code)"
    case .signalled(let number): "killed by signal \(number)"
    case .unobserved: "ended"
    }
  }
}
