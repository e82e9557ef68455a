/// What all three programs say they are.
public enum Product {
  /// The product's version, by semantic versioning.
  public static let version = "0.1.0"
}
