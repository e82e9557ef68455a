/// The keys of one mapping of a topology file.
///
/// The enumeration is the only description there is: the parser accepts its cases and no others, reads a value only by
/// naming its case, and the JSON Schema is generated from it, so that the three cannot differ.
protocol TopologyKey: CaseIterable, Hashable, RawRepresentable, Sendable where RawValue == String {
  /// What the mapping is, for errors: `a site`.
  static var subject: String { get }
  /// What belongs behind the key.
  var field: Field { get }
}

/// What belongs behind a key.
struct Field {
  let shape: Shape
  var isRequired = false
  /// What the key means, with its default.
  let documentation: String
}

/// The shape of a value.
indirect enum Shape {
  case scalar(ScalarShape)
  /// A list, or a single entry in its place.
  case listOrSingle(Shape)
  case list(Shape)
  case mapping(any TopologyKey.Type)
  /// A mapping whose keys are names that the operator chooses.
  case named(Shape)
  case either(Shape, Shape)

  static func of<Value>(_ format: ScalarFormat<Value>) -> Shape { .scalar(format.shape) }
}
