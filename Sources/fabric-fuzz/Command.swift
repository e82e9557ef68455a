import Foundation
import FuzzTargets

/// What the fuzzer is asked for on its command line; libFuzzer leaves options with two dashes alone.
enum Command {
  /// What takes an input: libFuzzer calls a function without a context, on one thread.
  nonisolated(unsafe) private(set) static var test: (UnsafeRawBufferPointer) -> Void = { _ in }

  /// Chooses the target; lists targets or writes seeds and exits, if that is what is asked for.
  static func run(_ arguments: [String]) throws {
    func value(_ option: String) -> String? {
      arguments.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
    }
    let names = FuzzTarget.all.map(\.name)
    guard let target = FuzzTarget.all.first(where: { $0.name == value("--target") }) else {
      print(names.joined(separator: "\n"))
      exit(arguments.contains("--targets") ? 0 : 1)
    }
    if let folder = value("--seeds") {
      try writeSeeds(of: target, to: folder)
      exit(0)
    }
    test = try target.prepare()
  }

  private static func writeSeeds(of target: FuzzTarget, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (index, seed) in try target.seeds().enumerated() {
      try Data(seed).write(to: URL(filePath: "\(folder)/seed-\(index)"))
    }
  }
}
