import ControlProtocol
import Foundation

/// The last times that traffic moved from one tunnel to another, kept on disk for whoever asks later why a line was left.
struct SwitchHistory {
  /// Oldest first.
  private(set) var switches: [TunnelSwitch]

  private let path: String
  private static let limit = 100

  /// What an earlier supervisor has seen; a file that cannot be read is as good as none.
  init(directory: String) {
    path = directory + "/switches.json"
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    let bytes = try? DurableFile.read(path)
    switches = (bytes ?? nil).flatMap { try? decoder.decode([TunnelSwitch].self, from: Data($0)) } ?? []
  }

  /// Adds one, and forgets the oldest beyond a hundred. Throws if it cannot be written, and remembers it all the same.
  mutating func append(_ new: TunnelSwitch) throws {
    switches = (switches + [new]).suffix(SwitchHistory.limit)
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    try DurableFile.write([UInt8](encoder.encode(switches)), to: path)
  }

  /// Forgets everything: the site has been retired.
  mutating func removeAll() {
    switches = []
    unlink(path)
  }
}
