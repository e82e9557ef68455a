/// Shares flows out among ways by their weights, so that each flow keeps to one, and only the flows of a way that goes, or
/// that one which comes must have, take another (RFC 2991: highest random weight).
///
/// Flows lie in buckets, and each bucket is won by one way in a draw in which a way has as many lots as its weight.
public struct FlowTable: Sendable {
  /// The way of each bucket, by the number that it was given.
  private let buckets: [Int]

  /// Enough that a way's share is right to about 2 % of all flows.
  static let bucketCount = 1024

  /// A table for ways, by number; nil if none of them has a weight.
  public init?(weights: [Int: Int]) {
    let lots = weights.sorted { $0.key < $1.key }.flatMap { way, weight in
      (0..<max(0, weight)).map { (way: way, seed: UInt64(truncatingIfNeeded: way) << 32 | UInt64($0)) }
    }
    guard !lots.isEmpty else { return nil }
    buckets = (0..<FlowTable.bucketCount).map { bucket in
      var best = (way: lots[0].way, draw: UInt64.min)
      for lot in lots {
        let draw = FlowTable.draw(lot.seed, bucket)
        if draw >= best.draw { best = (lot.way, draw) }
      }
      return best.way
    }
  }

  /// The number of the way that a flow takes.
  public subscript(flow: FlowHash) -> Int { buckets[Int(flow.value >> 22)] }

  /// A number that looks as if by chance (SplitMix64).
  private static func draw(_ seed: UInt64, _ bucket: Int) -> UInt64 {
    var value = seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(bucket) &* 0xD1B5_4A32_D192_ED03
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
