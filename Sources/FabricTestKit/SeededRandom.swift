import FabricCrypto
import Synchronization

/// Randomness that is the same in every run of the same seed: SplitMix64.
public final class SeededRandom: RandomSource, RandomNumberGenerator {
  private let state: Mutex<UInt64>

  /// The sequence of `seed`.
  public init(seed: UInt64) { state = Mutex(seed) }

  /// The next 64 bits of the sequence.
  public func next() -> UInt64 {
    state.withLock { state in
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  /// The next `count` bytes of the sequence.
  public func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
