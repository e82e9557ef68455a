import Foundation
import Glibc
import LinuxNetworking

/// The gateway's key and certificate on disk, mode 0600: the key never leaves the gateway.
struct CredentialStore {
  private let path: String

  /// The store in a state directory.
  init(directory: String) { path = directory + "/credentials" }

  /// What was saved; nothing if there is nothing, or nothing that can be read: then the gateway makes another key.
  func load() -> KeptCredentials {
    guard let bytes = try? DurableFile.read(path),
      let kept = try? JSONDecoder().decode(KeptCredentials.self, from: Data(bytes))
    else { return KeptCredentials() }
    return kept
  }

  /// Keeps credentials; once this returns, a restart comes back with them.
  func save(_ kept: KeptCredentials) throws {
    try DurableFile.write([UInt8](try JSONEncoder().encode(kept)), to: path)
  }

  /// Forgets everything: the site has been retired.
  func remove() { unlink(path) }
}
