/// The JSON Schema of topology files, for editors.
public enum JSONSchema {
  /// The schema as JSON text (draft 2020-12), made of the same description that the parser goes by.
  public static var text: String {
    guard case .object(let members) = schema(of: DocumentKey.self) else { return "{}" }
    let head: [(String, JSON)] = [
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")), ("title", .string("Fabric topology")),
    ]
    return JSON.object(head + members).text() + "\n"
  }

  private static func schema<Key: TopologyKey>(of type: Key.Type) -> JSON {
    let properties = Key.allCases.map { key -> (String, JSON) in
      guard case .object(let members) = schema(of: key.field.shape) else { return (key.rawValue, .object([])) }
      return (key.rawValue, .object([("description", .string(key.field.documentation))] + members))
    }
    let required = Key.allCases.filter(\.field.isRequired).map { JSON.string($0.rawValue) }
    return .object(
      [("type", .string("object")), ("properties", .object(properties)), ("additionalProperties", .boolean(false))]
        + (required.isEmpty ? [] : [("required", .array(required))]))
  }

  private static func schema(of shape: Shape) -> JSON {
    switch shape {
    case .scalar(let scalar): return schema(of: scalar)
    case .list(let item): return .object([("type", .string("array")), ("items", schema(of: item))])
    case .listOrSingle(let item): return .object([("anyOf", .array([schema(of: .list(item)), schema(of: item)]))])
    case .mapping(let type): return schema(of: type)
    case .named(let value):
      return .object([
        ("type", .string("object")),
        ("propertyNames", .object([("pattern", .string(Format.namePattern)), ("maxLength", .integer(63))])),
        ("additionalProperties", schema(of: value)),
      ])
    case .either(let one, let other):
      return .object([("anyOf", .array([schema(of: one), schema(of: other)]))])
    }
  }

  private static func schema(of scalar: ScalarShape) -> JSON {
    switch scalar {
    // YAML reads 86400 and 1.5 as numbers: whatever is written as a text may be one.
    case .text(let pattern?):
      return .object([("type", .array([.string("string"), .string("number")])), ("pattern", .string(pattern))])
    case .text(nil): return .object([("type", .array([.string("string"), .string("number")]))])
    case .integer(let range):
      return .object([
        ("type", .string("integer")), ("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound)),
      ])
    case .boolean: return .object([("type", .string("boolean"))])
    case .choice(let names, open: false): return .object([("enum", .array(names.map(JSON.string)))])
    case .choice(let names, open: true):
      let open = JSON.object([("type", .array([.string("string"), .string("integer")]))])
      return .object([("anyOf", .array([.object([("enum", .array(names.map(JSON.string)))]), open]))])
    }
  }
}
