import Foundation
import Glibc

/// The leases of the uplinks on disk, so that a new link role goes on with the addresses of the one before.
final class LeaseFile {
  /// By name of the uplink.
  private(set) var leases: [String: UplinkAddress] = [:]
  private let path: String

  /// Reads what an earlier process left; a file that cannot be read holds no leases.
  init(directory: String) {
    path = directory + "/leases.json"
    guard let bytes = try? DurableFile.read(path, limit: 1 << 20) else { return }
    leases = (try? JSONDecoder().decode([String: UplinkAddress].self, from: Data(bytes))) ?? [:]
  }

  /// The lease of an uplink.
  subscript(uplink: String) -> UplinkAddress? {
    get { leases[uplink] }
    set {
      leases[uplink] = newValue
      // Lost with the disk, a lease is asked for anew: not worth an error.
      if let bytes = try? JSONEncoder().encode(leases) { try? DurableFile.write([UInt8](bytes), to: path) }
    }
  }

  /// Forgets all leases.
  func remove() {
    leases = [:]
    unlink(path)
  }
}
