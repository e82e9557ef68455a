import Foundation

/// What the tests need and this project did not write: vectors beside the checkout, a reference implementation.
///
/// Where it is missing, the tests that need it are skipped with a reason. In CI (the environment variable `CI` is set)
/// nothing may be skipped: they run and fail.
public enum ExternalTestData {
  /// The root of the checkout.
  public static let projectRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of vectors: `FABRIC_VECTORS`, or `../shared/vectors` from the project's root.
  public static let vectors = URL(
    filePath: environment["FABRIC_VECTORS"] ?? "../shared/vectors", relativeTo: projectRoot)

  /// The Python that has Scapy: `FABRIC_SCAPY_PYTHON`, or `.venv/bin/python` in the project's root.
  public static let scapyPython = URL(
    filePath: environment["FABRIC_SCAPY_PYTHON"] ?? ".venv/bin/python", relativeTo: projectRoot)

  /// Whether the tests that read vectors shall run.
  public static var vectorsWanted: Bool { isWanted(vectors) }
  /// Why they are skipped.
  public static let vectorsMissing = "no vectors: set FABRIC_VECTORS to their folder"

  /// Whether the tests that compare with Scapy shall run.
  public static var scapyWanted: Bool { isWanted(scapyPython) }
  /// Why they are skipped.
  public static let scapyMissing = "no Scapy: run 'make .venv/ready' or set FABRIC_SCAPY_PYTHON"

  /// The contents of a file of the vectors, such as `wycheproof/x25519_test.json`.
  public static func vector(_ path: String) throws -> Data {
    try Data(contentsOf: vectors.appending(path: path))
  }

  /// The names of the captures of real and of malformed traffic, in a fixed order.
  public static func captures() throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: vectors.appending(path: "tcpdump").path)
    return names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
  }

  /// The capture of that name.
  public static func capture(_ name: String) throws -> CaptureFile { CaptureFile(try vector("tcpdump/\(name)")) }

  private static let environment = ProcessInfo.processInfo.environment

  private static func isWanted(_ place: URL) -> Bool {
    environment["CI"] != nil || FileManager.default.fileExists(atPath: place.path)
  }
}
