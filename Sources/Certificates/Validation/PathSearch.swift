import X509

/// A chain from a certificate to a trusted authority whose names and signatures fit.
struct CertificatePath {
  /// The holder's certificate.
  let holder: Certificate
  /// The authorities between, each the issuer of the one before.
  let intermediates: [Certificate]
  /// The issuer of the last one.
  let anchor: TrustAnchor

  /// Everything but the anchor, the holder's first.
  var certificates: [Certificate] { [holder] + intermediates }
}

/// Finds paths among what a peer has sent, in a bounded number of steps: it has not proved anything yet.
struct PathSearch {
  /// More certificates than this are an attack.
  static let maximumCertificates = 8
  private static let maximumIntermediates = 4
  /// Signatures that are checked for one peer at most.
  private var budget = 24

  private let others: [Certificate]
  private let anchors: [TrustAnchor]

  init(others: [Certificate], anchors: [TrustAnchor]) {
    self.others = others
    self.anchors = anchors
  }

  /// All paths from `holder`, the shortest first.
  mutating func paths(from holder: Certificate) -> [CertificatePath] {
    var found: [CertificatePath] = []
    var open: [[Certificate]] = [[]]
    while !open.isEmpty {
      let intermediates = open.removeFirst()
      let tip = intermediates.last ?? holder
      for anchor in anchors where isIssuer(anchor.certificate, of: tip) {
        found.append(CertificatePath(holder: holder, intermediates: intermediates, anchor: anchor))
      }
      guard intermediates.count < PathSearch.maximumIntermediates else { continue }
      for other in others where other != holder && !intermediates.contains(other) && isIssuer(other, of: tip) {
        open.append(intermediates + [other])
      }
    }
    return found
  }

  private mutating func isIssuer(_ issuer: Certificate, of certificate: Certificate) -> Bool {
    guard issuer.subject == certificate.issuer, budget > 0 else { return false }
    budget -= 1
    return issuer.publicKey.isValidSignature(certificate.signature, for: certificate)
  }
}
