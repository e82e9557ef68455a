import LinuxNetworking
import Logging
import Topology
import WireFormat

/// Has the kernel count the traffic with other spokes, and tells every few seconds with whom there is some.
final class DemandObserver {
  /// How often it looks: a shortcut comes this long after the first packet, and then some.
  static let interval = Duration.seconds(2)

  /// Called with the sites that there was traffic with since the last look.
  var onDemand: ([String]) -> Void = { _ in }

  private let loop: EventLoop
  private let logger: Logger
  private var timer: EventTimer?
  private var counted: TrafficDemand?
  private var packets: [String: UInt64] = [:]
  private var isAsking = false

  init(loop: EventLoop, logger: Logger) throws {
    self.loop = loop
    self.logger = logger
    timer = try loop.makeTimer { [unowned self] in look() }
  }

  /// Counts what a configuration asks for from now on.
  func run(_ configuration: SiteConfiguration) {
    let wanted = TrafficDemand(configuration)
    guard wanted != counted else { return }
    do {
      if let wanted { try wanted.install() } else { try TrafficDemand.remove() }
      counted = wanted
      packets = [:]
      timer?.schedule(after: DemandObserver.interval)
    } catch {
      logger.error("traffic between sites is not counted", metadata: .fields([.cause: error]))
    }
  }

  /// Takes the counters away.
  func stop() {
    guard counted != nil else { return }
    counted = nil
    try? TrafficDemand.remove()
  }

  private func look() {
    guard let counted, !isAsking else { return }
    timer?.schedule(after: DemandObserver.interval)
    do {
      try BackgroundProgram.start(TrafficDemand.question, on: loop, timeout: .seconds(5)) { [weak self] outcome in
        self?.received(outcome.succeeded ? counted.packets(in: outcome.output) : nil)
      }
      isAsking = true
    } catch {
      logger.error("traffic between sites cannot be read", metadata: .fields([.cause: error]))
    }
  }

  private func received(_ new: [String: UInt64]?) {
    isAsking = false
    guard let new else { return }
    let busy = new.filter { $0.value != packets[$0.key] ?? 0 }.keys.sorted()
    packets = new
    if !busy.isEmpty { onDemand(busy) }
  }
}
