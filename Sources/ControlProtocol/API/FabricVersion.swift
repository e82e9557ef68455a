/// The version of the product, the same in all its programs.
public enum FabricVersion {
  /// By semantic versioning.
  public static let current = "0.1.0"
}
