import Glibc
import LinuxNetworking

/// The switches of the kernel that make a host a router.
enum ForwardingSwitches {
  /// Sets them, for the tunnel interfaces that are there too; returns a sentence for each that could not be set.
  static func turnOn(tunnelInterfaces: [String], uplinkInterfaces: [String]) -> [String] {
    let switches = [
      ("net/ipv4/ip_forward", "1"),
      ("net/ipv6/conf/all/forwarding", "1"),
      // Of several next hops a flow keeps to one: the ports count too.
      ("net/ipv4/fib_multipath_hash_policy", "1"),
      ("net/ipv6/fib_multipath_hash_policy", "1"),
      // The larger one of this and the interface's own counts.
      ("net/ipv4/conf/all/rp_filter", "0"),
    ]
    // A route by a line or tunnel without carrier gives way to the next one. Only the interface's own switch counts.
    let yielding = (tunnelInterfaces + uplinkInterfaces).flatMap { interface in
      ["ipv4", "ipv6"].map { ("net/\($0)/conf/\(interface)/ignore_routes_with_linkdown", "1") }
    }
    // A routing neighbour's hello comes from an address that is still a blackhole, and of two tunnels to one site each
    // may carry one direction of a flow: a check of the reverse path would drop both. ESP has authenticated the packet.
    let tunnels = tunnelInterfaces.map { ("net/ipv4/conf/\($0)/rp_filter", "0") }
    return (switches + tunnels + yielding).compactMap { path, value in
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
