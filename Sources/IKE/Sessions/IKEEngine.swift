import FabricCrypto
import WireFormat

/// All IKE sessions of a process: a machine without clock and socket.
///
/// Whatever happens goes in through `handle`; what is to be done about it comes out as actions.
public struct IKEEngine {
  private let random: any RandomSource

  /// An engine without connections, which takes nonces, SPIs and IVs from `random`.
  public init(random: any RandomSource) { self.random = random }

  /// When the engine next wants `.timeout`; nil if never.
  public var nextDeadline: Instant? { nil }

  /// Takes one event and says what is to be done, in order.
  public mutating func handle(_ event: IKEEvent, at now: Instant) -> [IKEAction] { [] }
}
