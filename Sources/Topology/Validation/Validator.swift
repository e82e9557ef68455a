/// Checks what no single value can tell: names, addresses, profiles and links against each other.
///
/// The rules live in the extensions, one file a subject. Each reports all that it finds.
struct Validator {
  let draft: Draft
  private(set) var diagnostics: [Diagnostic] = []
  private let sitesByName: [String: SiteDraft]

  init(_ draft: Draft) {
    self.draft = draft
    sitesByName = Dictionary(draft.sites.map { ($0.name.value, $0) }) { first, _ in first }
  }

  func site(_ name: String) -> SiteDraft? { sitesByName[name] }

  mutating func report(_ position: Position, _ message: String, _ suggestion: String? = nil) {
    diagnostics.append(
      Diagnostic(line: position.line, column: position.column, message: message, suggestion: suggestion))
  }

  /// Runs every rule; the result counts only if nothing was reported, here or before.
  mutating func validate() -> TopologyDocument? {
    checkNames()
    checkUplinks()
    checkAddresses()
    checkThirdParties()
    checkDrainedHubs()
    checkAuthorities()
    let links = checkLinks()
    checkConnectivity(links)
    checkPool(links)
    checkRouting()
    checkPeerings()
    checkShortcuts()
    checkTrafficClasses()
    return complete(links)
  }
}
