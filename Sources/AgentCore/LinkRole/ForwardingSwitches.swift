import Glibc
import LinuxNetworking

/// The switches of the kernel that make a host a router.
enum ForwardingSwitches {
  /// Sets them; returns a sentence for each that could not be set.
  static func turnOn() -> [String] {
    let switches = [
      ("net/ipv4/ip_forward", "1"),
      ("net/ipv6/conf/all/forwarding", "1"),
      // Two tunnels to one site may carry the two directions of a flow: replies may come in by the other one.
      ("net/ipv4/conf/all/rp_filter", "2"),
      // A default route by a line without carrier gives way to the next one.
      ("net/ipv4/conf/all/ignore_routes_with_linkdown", "1"),
      ("net/ipv6/conf/all/ignore_routes_with_linkdown", "1"),
    ]
    return switches.compactMap { path, value in
      do {
        // Not opened for creation: a switch that this kernel does not have is an error.
        try FileDescriptor(path: "/proc/sys/" + path, flags: O_WRONLY).write(Array(value.utf8))
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
}
