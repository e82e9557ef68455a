import ControlProtocol
import Foundation
import Glibc
import LinuxNetworking

/// The site's last status on disk, for `fabric-agent status` on a gateway that is cut off from its controller.
public enum StatusFile {
  /// Replaces the file; a status that cannot be written is not worth an error.
  static func write(_ status: SiteStatus, directory: String) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    guard let bytes = try? encoder.encode(status) else { return }
    let path = path(in: directory)
    let temporary = path + ".new"
    guard let file = try? FileDescriptor(path: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC),
      (try? file.write([UInt8](bytes))) != nil
    else { return }
    rename(temporary, path)
  }

  /// The text of the file, JSON; nil when the agent has not written one yet.
  public static func read(directory: String) throws -> String? {
    try DurableFile.read(path(in: directory)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Forgets the status of a site that has been retired.
  static func remove(directory: String) { unlink(path(in: directory)) }

  private static func path(in directory: String) -> String { directory + "/status.json" }
}
