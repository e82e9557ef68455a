import IKESimulation
import Testing

/// The trace of a seed that fails: `make simulate SEED=n`.
@Suite("Simulated lives of a tunnel in a hostile network")
struct SimulationTests {
  private static let blockSize: UInt64 = 50

  @Test(
    "2,000 schedules of loss, delay, disorder, corruption, crashes and collisions", arguments: 0..<40 as Range<UInt64>)
  func schedules(block: UInt64) {
    for seed in (block * Self.blockSize + 1)...((block + 1) * Self.blockSize) {
      #expect(Simulation.run(seed: seed).isEmpty, "seed \(seed)")
    }
  }
}
