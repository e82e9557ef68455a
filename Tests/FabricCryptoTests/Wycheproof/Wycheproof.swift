import FabricTestKit
import Foundation
import Testing

/// Bytes that Wycheproof writes in hexadecimal.
struct Hexadecimal: Decodable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let bytes = [UInt8](hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
    }
    self.bytes = bytes
  }
}

/// What Wycheproof says an implementation must answer.
enum WycheproofResult: String, Decodable {
  case valid, invalid, acceptable
}

/// A group of vectors with common parameters.
protocol WycheproofGroup: Decodable {
  associatedtype Vector: WycheproofVector
  var tests: [Vector] { get }
}

protocol WycheproofVector: Decodable {
  var tcId: Int { get }
  var result: WycheproofResult { get }
}

/// What became of one vector.
enum WycheproofOutcome: Equatable {
  /// The wrapper produced the right answer.
  case accepted
  /// The wrapper refused.
  case refused
  /// The wrapper cannot express the vector, such as an IV length that it does not offer.
  case notApplicable
}

struct WycheproofFile<Group: WycheproofGroup>: Decodable {
  let testGroups: [Group]
}

/// Runs the vectors of one file and prints how many of each kind ran.
func runWycheproof<Group: WycheproofGroup>(
  _ file: String, _ type: Group.Type, _ attempt: (Group, Group.Vector) throws -> WycheproofOutcome
) throws {
  let groups = try JSONDecoder().decode(WycheproofFile<Group>.self, from: ExternalTestData.vector("wycheproof/\(file)"))
    .testGroups
  var ran: [WycheproofResult: Int] = [:]
  var notApplicable = 0
  for group in groups {
    for vector in group.tests {
      let outcome = try attempt(group, vector)
      if outcome == .notApplicable {
        notApplicable += 1
        continue
      }
      ran[vector.result, default: 0] += 1
      switch vector.result {
      case .valid: #expect(outcome == .accepted, "\(file) test \(vector.tcId)")
      case .invalid: #expect(outcome == .refused, "\(file) test \(vector.tcId)")
      case .acceptable: break
      }
    }
  }
  print(
    "Wycheproof \(file): ran \(ran[.valid] ?? 0) valid, \(ran[.invalid] ?? 0) invalid,",
    "\(ran[.acceptable] ?? 0) acceptable; \(notApplicable) not applicable")
  #expect(ran[.valid] ?? 0 > 0)
}
