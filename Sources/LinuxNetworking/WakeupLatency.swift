import Glibc

/// A request to the kernel's power management: how long the machine's idle processors may take to wake up
/// (`/dev/cpu_dma_latency`, PM QoS).
///
/// It holds for the whole machine and as long as the device is open, so that nothing stays behind when the process dies.
public final class WakeupLatency {
  private let device: FileDescriptor

  /// Opens the device, with no request yet. Needs root, and throws where the kernel has no such device.
  public init() throws(LinuxError) {
    device = try FileDescriptor(path: "/dev/cpu_dma_latency", flags: O_RDWR)
  }

  /// Asks idle processors to wait awake: a packet then finds one at work within a microsecond or two, where one that
  /// sleeps takes 30 to 60 in a virtual machine.
  public func stayAwake() { request(microseconds: 0) }

  /// Lets idle processors sleep as deeply as they like.
  public func allowSleep() { request(microseconds: WakeupLatency.anyLatency) }

  /// PM_QOS_CPU_LATENCY_DEFAULT_VALUE of the kernel, which stands for no request.
  private static let anyLatency: Int32 = 2_000_000_000

  private func request(microseconds: Int32) {
    // A kernel that refuses is one on which packets take a little longer.
    withUnsafeBytes(of: microseconds) { _ = write(device.rawValue, $0.baseAddress, $0.count) }
  }
}
