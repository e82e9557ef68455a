import Glibc

/// How many descriptors a process may have open (getrlimit(2)).
public enum OpenFiles {
  /// Allows as many as the administrator lets this process allow itself, and every program that it starts.
  ///
  /// A hub has a descriptor for each tunnel; what services usually start with ends at 1,024.
  public static func allowMost() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
