import ControlProtocol
import FabricCrypto
import Foundation
import Glibc
import LinuxNetworking
import Topology

/// The last configuration that this gateway accepted, on disk: what it starts from without its controller
/// (DESIGN.md section 5, invariants 7 and 8).
///
/// Each file is a line `fabric-configuration 1 CHECKSUM`, then JSON. It holds secrets: mode 0600. The one that was
/// accepted before stays beside it, for the day that the newer one cannot be read.
public struct ConfigurationStore: Sendable {
  /// What the disk gave.
  public struct Loaded: Equatable, Sendable {
    /// The newest configuration that is whole; nil if there is none.
    public var configuration: SiteConfiguration?
    /// One sentence for each file that is there but cannot be used.
    public var problems: [String]
  }

  private let current: String
  private let previous: String
  private let directory: String

  /// The store in a state directory, which need not exist yet.
  public init(directory: String) {
    self.directory = directory
    current = directory + "/configuration"
    previous = directory + "/configuration.previous"
  }

  /// Keeps a configuration; once this returns, a restart comes back with it.
  public func save(_ configuration: SiteConfiguration) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let body = [UInt8](try encoder.encode(configuration))
    try DurableFile.makeDirectory(directory)
    // A current file that is damaged must not push out the previous one, which is whole.
    if (try? read(current)) != nil { try DurableFile.move(current, to: previous) }
    try DurableFile.write(Array(header(for: body).utf8) + body, to: current)
  }

  /// The newest configuration that is whole, and what is wrong with the others.
  public func load() -> Loaded {
    var problems: [String] = []
    for path in [current, previous] {
      do {
        if let configuration = try read(path) {
          return Loaded(configuration: configuration, problems: problems)
        }
      } catch {
        problems.append("\(path): \(error)")
      }
    }
    return Loaded(configuration: nil, problems: problems)
  }

  /// Forgets everything: the site has been retired.
  public func removeAll() {
    for path in [current, previous] { unlink(path) }
  }

  private func read(_ path: String) throws -> SiteConfiguration? {
    guard let bytes = try DurableFile.read(path) else { return nil }
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { throw ConfigurationFileError.damaged }
    let body = Array(bytes[bytes.index(after: end)...])
    guard Array(bytes[...end]) == Array(header(for: body).utf8) else { throw ConfigurationFileError.damaged }
    do {
      return try JSONDecoder().decode(SiteConfiguration.self, from: Data(body))
    } catch {
      // The error itself quotes values, and some of them are secrets.
      throw ConfigurationFileError.otherFormat(MessageCoding.summary(of: error))
    }
  }

  /// The first line. The checksum finds damage, not malice: who can write the file can write the key too.
  private func header(for body: [UInt8]) -> String {
    let key = SecretBytes(Array("fabric configuration".utf8))
    let digest = PseudorandomFunction.hmacSHA256(key: key, body)
    let text = digest.withUnsafeBytes { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    return "fabric-configuration 1 \(text)\n"
  }
}

/// Why a saved configuration cannot be used.
enum ConfigurationFileError: Error, CustomStringConvertible {
  /// The checksum does not fit.
  case damaged
  /// It is whole, but not what this version writes.
  case otherFormat(String)

  var description: String {
    switch self {
    case .damaged: "the file is damaged (its checksum does not fit); it is ignored"
    case .otherFormat(let problem): "the file was written by another version of Fabric (\(problem)); it is ignored"
    }
  }
}
