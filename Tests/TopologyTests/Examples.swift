import Foundation

/// The topology files that come with Fabric.
enum Examples {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "topologies")

  /// Every file, by name.
  static let all: [String: String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var texts: [String: String] = [:]
    for name in names where name.hasSuffix(".yaml") {
      texts[name] = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }
    return texts
  }()
}
