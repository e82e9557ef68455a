import Glibc
import WireFormat

/// The clock of the processes: monotonic, and running on while the machine sleeps, so that no lifetime is stretched.
public enum SystemClock {
  /// The current instant of CLOCK_BOOTTIME, the same for all processes of a machine.
  public static var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}
