import Foundation
import IKESimulation

/// Runs schedules of the IKE simulator: `fabric-simulate COUNT [FIRST]`, or `fabric-simulate --seed N` for the trace of one.
@main
struct FabricSimulate {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    if arguments.first == "--seed", let seed = arguments.dropFirst().first.flatMap({ UInt64($0) }) {
      let violations = Simulation.run(seed: seed) { print($0) }
      exit(violations.isEmpty ? 0 : 1)
    }
    let count = arguments.first.flatMap { UInt64($0) } ?? 2000
    let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
    exit(run(seeds: first..<first + count) ? 0 : 1)
  }

  /// Runs the seeds and prints what they violate; true if that is nothing.
  private static func run(seeds: Range<UInt64>) -> Bool {
    let begin = ContinuousClock.now
    var failures = 0
    for seed in seeds {
      let violations = Simulation.run(seed: seed)
      if !violations.isEmpty { failures += 1 }
      for violation in violations { print(violation) }
      if seed % 10_000 == 0 { print("seed \(seed): \(failures) failures, \(ContinuousClock.now - begin)") }
    }
    print("\(seeds.count) schedules from seed \(seeds.lowerBound): \(failures) failed, \(ContinuousClock.now - begin)")
    return failures == 0
  }
}
