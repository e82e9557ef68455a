import FabricTestKit
import Foundation
import Testing

/// One request to `Tests/scapy/esp_reference.py`, which explains the fields.
struct ScapyRequest: Encodable {
  enum Operation: String, Encodable {
    case seal, open
  }

  let operation: Operation
  let encryption: String
  let encryptionKey: String
  let integrity: String?
  let integrityKey: String?
  let spi: UInt32
  let sequence: UInt64
  let extended: Bool
  let udp: Bool
  let iv: String?
  let packet: String

  /// Nil is written as null: the other side reads every field.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(operation, forKey: .operation)
    try container.encode(encryption, forKey: .encryption)
    try container.encode(encryptionKey, forKey: .encryptionKey)
    try container.encode(integrity, forKey: .integrity)
    try container.encode(integrityKey, forKey: .integrityKey)
    try container.encode(spi, forKey: .spi)
    try container.encode(sequence, forKey: .sequence)
    try container.encode(extended, forKey: .extended)
    try container.encode(udp, forKey: .udp)
    try container.encode(iv, forKey: .iv)
    try container.encode(packet, forKey: .packet)
  }

  private enum Key: CodingKey {
    case operation, encryption, encryptionKey, integrity, integrityKey, spi, sequence, extended, udp, iv, packet
  }
}

/// Runs Scapy once over all requests; nil where it refused a packet.
func askScapy(_ requests: [ScapyRequest]) throws -> [[UInt8]?] {
  // The input goes through a file: a pipe to a process that died would kill the tests with SIGPIPE.
  let input = FileManager.default.temporaryDirectory.appending(path: "scapy-\(UUID().uuidString).json")
  try JSONEncoder().encode(requests).write(to: input)
  defer { try? FileManager.default.removeItem(at: input) }
  let output = Pipe()
  let process = Process()
  process.executableURL = ExternalTestData.scapyPython
  process.arguments = [ExternalTestData.projectRoot.appending(path: "Tests/scapy/esp_reference.py").path]
  process.standardInput = try FileHandle(forReadingFrom: input)
  process.standardOutput = output
  try process.run()
  let answer = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "esp_reference.py failed; its standard error says why")
  let packets = try JSONDecoder().decode([String?].self, from: answer)
  try #require(packets.count == requests.count)
  return packets.map { $0.flatMap { [UInt8](hex: $0) } }
}
