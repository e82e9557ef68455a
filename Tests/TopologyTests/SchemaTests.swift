import Foundation
import Testing
import Yams

@testable import Topology

@Suite struct SchemaTests {
  private func schema() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(JSONSchema.text.utf8)) as? [String: Any])
  }

  @Test("Every example fits the schema", arguments: Examples.all.keys.sorted())
  func examples(name: String) throws {
    let text = try #require(Examples.all[name])
    let document = try #require(try Yams.load(yaml: text))
    #expect(SchemaCheck.faults(of: document, against: try schema()) == [])
  }

  @Test(
    "What the parser refuses by shape, the schema refuses too",
    arguments: Fault.keys.filter { !$0.testDescription.contains("twice") })
  func faults(fault: Fault) throws {
    let text = try #require(BaseTopology.replacing(fault.pieces))
    let document = try #require(try Yams.load(yaml: text))
    #expect(SchemaCheck.faults(of: document, against: try schema()) != [])
  }

  @Test(
    "The schema has every key of the parser, and no other",
    arguments: [
      ("", DocumentKey.names), ("metadata", MetadataKey.names), ("profiles", ProfilesKey.names),
      ("profiles/ike/*", IKEProfileKey.names), ("profiles/ike/*/dpd", DPDKey.names),
      ("profiles/ipsec/*", IPsecProfileKey.names), ("profiles/ipsec/*/transformSet", TransformSetKey.names),
      ("defaults", DefaultsKey.names), ("sites/*", SiteKey.names), ("sites/*/lans/-", LANKey.names),
      ("sites/*/uplinks/-", UplinkKey.names), ("overlay", OverlayKey.names), ("overlay/links/-", LinkKey.names),
      ("overlay/links/-/bgp", BGPKey.names),
      ("overlay/classes/*", TrafficClassKey.names),
      ("overlay/tunnels", TunnelsKey.names), ("overlay/tunnels/serviceLevel", ServiceLevelKey.names),
      ("overlay/routing", RoutingKey.names),
      ("overlay/routing/bfd", BFDKey.names), ("overlay/routing/areas/-", AreaKey.names),
    ])
  func keys(path: String, names: Set<String>) throws {
    var node = try schema()
    for step in path.split(separator: "/") {
      let next: Any? =
        switch step {
        case "*": node["additionalProperties"]
        case "-": node["items"]
        default: (node["properties"] as? [String: Any])?[String(step)]
        }
      node = try #require(next as? [String: Any], "no \(step) in \(path)")
    }
    #expect(Set((node["properties"] as? [String: Any] ?? [:]).keys) == names)
    #expect(node["additionalProperties"] as? Bool == false)
  }
}

extension TopologyKey {
  fileprivate static var names: Set<String> { Set(allCases.map(\.rawValue)) }
}

/// As much of a JSON Schema validator as Fabric's schema needs; a keyword that it does not know is a fault.
private enum SchemaCheck {
  static func faults(of value: Any, against schema: [String: Any], at path: String = "$") -> [String] {
    schema.flatMap { keyword, rule -> [String] in
      switch keyword {
      case "$schema", "title", "description": return []
      case "type": return fits(value, type: rule) ? [] : ["\(path): is no \(rule)"]
      case "enum":
        return (rule as? [String])?.contains("\(value)") == true ? [] : ["\(path): \(value) is not in \(rule)"]
      case "pattern": return matches("\(value)", rule) ? [] : ["\(path): \(value) does not match \(rule)"]
      case "minimum": return number(value) >= number(rule) ? [] : ["\(path): \(value) is too small"]
      case "maximum": return number(value) <= number(rule) ? [] : ["\(path): \(value) is too large"]
      case "maxLength": return "\(value)".count <= Int(number(rule)) ? [] : ["\(path): \(value) is too long"]
      case "anyOf":
        let options = (rule as? [[String: Any]] ?? []).map { faults(of: value, against: $0, at: path) }
        return options.contains([]) ? [] : options.flatMap(\.self)
      case "items": return items(value, rule, path)
      case "properties", "additionalProperties", "required", "propertyNames":
        return members(value, keyword, rule, schema, path)
      default: return ["\(path): unknown keyword \(keyword)"]
      }
    }
  }

  private static func items(_ value: Any, _ rule: Any, _ path: String) -> [String] {
    guard let items = value as? [Any], let rule = rule as? [String: Any] else { return [] }
    return items.enumerated().flatMap { faults(of: $1, against: rule, at: "\(path)[\($0)]") }
  }

  private static func members(
    _ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any], _ path: String
  ) -> [String] {
    guard let object = value as? [String: Any] else { return [] }
    let known = schema["properties"] as? [String: Any] ?? [:]
    switch keyword {
    case "required": return (rule as? [String] ?? []).filter { object[$0] == nil }.map { "\(path): needs \($0)" }
    case "propertyNames":
      let rule = rule as? [String: Any] ?? [:]
      return object.keys.flatMap { faults(of: $0, against: rule, at: path) }
    case "properties":
      return known.flatMap { name, rule -> [String] in
        guard let member = object[name], let rule = rule as? [String: Any] else { return [] }
        return faults(of: member, against: rule, at: "\(path).\(name)")
      }
    default:
      return object.filter { known[$0.key] == nil }.flatMap { name, member -> [String] in
        guard let rule = rule as? [String: Any] else { return ["\(path): unknown key \(name)"] }
        return faults(of: member, against: rule, at: "\(path).\(name)")
      }
    }
  }

  private static func fits(_ value: Any, type: Any) -> Bool {
    let types = type as? [String] ?? [type as? String ?? ""]
    return types.contains { type in
      switch type {
      case "object": value is [String: Any]
      case "array": value is [Any]
      case "string": value is String
      case "boolean": value is Bool
      case "integer": value is Int
      case "number": value is Int || value is Double
      default: false
      }
    }
  }

  private static func matches(_ text: String, _ pattern: Any) -> Bool {
    guard let pattern = pattern as? String else { return false }
    return text.range(of: pattern, options: .regularExpression) != nil
  }

  private static func number(_ value: Any) -> Double {
    (value as? Int).map(Double.init) ?? (value as? NSNumber)?.doubleValue ?? .nan
  }
}
