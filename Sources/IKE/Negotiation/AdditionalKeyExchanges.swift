import FabricCrypto

/// The key exchanges that follow the first one, so that breaking that one alone does not break the keys (RFC 9370): as a
/// rule ML-KEM behind an elliptic curve.
public struct AdditionalKeyExchanges: Hashable, Sendable, Codable {
  /// The methods in order: each is a round of its own.
  public let methods: [KeyExchangeMethod]
  /// Whether a peer that cannot do them is refused.
  public let areRequired: Bool

  /// No further key exchange.
  public static let none = AdditionalKeyExchanges([], areRequired: false)
  /// RFC 9370 section 2.2.2: there are seven transform types.
  public static let mostMethods = Transform.Kind.additionalKeyExchanges.count

  /// Rounds of `methods`, which a peer may refuse unless they are required.
  public init(_ methods: [KeyExchangeMethod], areRequired: Bool) {
    self.methods = methods
    self.areRequired = areRequired
  }

  /// The rounds of each proposal, best first. A peer that does not know RFC 9370 refuses a proposal with a transform type
  /// that it does not know, and so the rounds are left out in a proposal of its own (RFC 9370 section 2.2.2).
  var alternatives: [[KeyExchangeMethod]] { methods.isEmpty || areRequired ? [methods] : [methods, []] }

  /// Whether rounds of these methods can follow a first one of any of the others: each adds a method of its own.
  static func areConsistent(_ methods: [KeyExchangeMethod], behind first: [KeyExchangeMethod]) -> Bool {
    methods.isEmpty
      || (!first.isEmpty && methods.count <= mostMethods && Set(methods).count == methods.count
        && Set(methods).isDisjoint(with: first))
  }
}
