import Foundation
import LinuxNetworking
import Testing

@Suite("Wakeup latency", .enabled(if: geteuid() == 0, "needs root: asks the kernel's power management"))
struct WakeupLatencyTests {
  /// What the kernel grants all who ask, in microseconds.
  private func granted() throws -> Int32 {
    let bytes = try FileDescriptor(path: "/dev/cpu_dma_latency").read(upTo: 4)
    return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
  }

  @Test(
    "idle processors wait awake while that is asked for, and no longer than the one who asks exists",
    .enabled(if: access("/dev/cpu_dma_latency", F_OK) == 0, "the kernel has no power management of processors"))
  func requestAndEnd() throws {
    var latency: WakeupLatency? = try WakeupLatency()
    latency?.stayAwake()
    #expect(try granted() == 0)
    latency = nil
    // Another process of the machine may ask for the same just now.
    let deadline = SystemClock.now.advanced(by: .seconds(10))
    while try granted() == 0, SystemClock.now < deadline { usleep(10_000) }
    #expect(try granted() > 0)
  }
}
