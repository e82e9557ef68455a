import WireFormat

extension [TrafficSelector] {
  /// The most selectors that a TS payload can name (RFC 7296 section 3.13: the number is one byte).
  static var maximumCount: Int { 255 }

  /// What a responder answers to an offer: the part that both allow (RFC 7296 section 2.9), in the offer's order.
  func narrowing(_ offer: [TrafficSelector]) -> [TrafficSelector] {
    var common: [TrafficSelector] = []
    for wanted in offer {
      for own in self {
        guard let part = wanted.intersection(own), !common.contains(part) else { continue }
        guard common.count < [TrafficSelector].maximumCount else { return common }
        common.append(part)
      }
    }
    return common
  }

  /// Whether every selector of an answer lies inside one of these, so that the responder has narrowed and not widened.
  func covers(_ answer: [TrafficSelector]) -> Bool {
    !answer.isEmpty && answer.allSatisfy { part in contains { $0.intersection(part) == part } }
  }

  /// The selectors in words.
  var text: String {
    map { selector in
      selector.isAny ? "any \(selector.family)" : "\(selector.firstAddress)-\(selector.lastAddress)"
    }.joined(separator: ", ")
  }
}
