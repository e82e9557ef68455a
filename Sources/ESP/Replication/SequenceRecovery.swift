/// Lets the first copy of every packet in that another site sends twice, through whichever tunnel it comes, and no other
/// (RFC 8655 section 3.2.2.2: packet elimination; IEEE 802.1CB section 7.4.3.4: the vector recovery algorithm).
///
/// It remembers the last 8,192 numbers: at 10,000 packets a second one line may be 0.8 s slower than the other.
///
/// Not `Sendable`: it belongs to the thread that opens packets.
public final class SequenceRecovery {
  private var flow: UInt32?
  private var formerFlow: UInt32?
  @exclusivity(unchecked) private var window = ReplayWindow(size: SequenceRecovery.historyLength)

  /// Packets that are remembered.
  static let historyLength = 8192

  /// Nothing has come in yet.
  public init() {}

  /// Takes note of a packet, which may be delivered then; throws why it may not.
  func admit(_ header: ReplicaHeader) throws(DropReason) {
    if header.flow != flow { try begin(header.flow) }
    let number = unwrapped(header.number)
    switch window.objection(to: number) {
    case nil: window.accept(number)
    case .replayed: throw .eliminated
    case .some(let reason): throw reason
    }
  }

  /// The peer's process is another one now; what the last one has sent may still be on its way.
  private func begin(_ new: UInt32) throws(DropReason) {
    guard new != formerFlow else { throw .tooOld }
    formerFlow = flow
    flow = new
    window = ReplayWindow(size: SequenceRecovery.historyLength)
  }

  /// Of the numbers that end in these 28 bits, the one nearest to the highest so far (RFC 1982: serial number arithmetic).
  private func unwrapped(_ number: UInt32) -> UInt64 {
    // Numbers of a new flow begin so high that there is always room below.
    guard window.highest > 0 else { return UInt64(ReplicaHeader.numbers) + UInt64(number) }
    let difference = number &- UInt32(truncatingIfNeeded: window.highest)
    let distance = Int64(Int32(bitPattern: difference << 4) >> 4)
    return UInt64(Int64(window.highest) + distance)
  }
}
