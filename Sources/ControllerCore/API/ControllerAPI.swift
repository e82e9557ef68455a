import ControlProtocol
import Hummingbird
import Logging

/// The routes of the controller's HTTP/JSON API; the table is at `API`.
struct ControllerAPI {
  let controller: Controller
  let identity: API.ControllerIdentity

  func router(logger: Logger) -> Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: FailureMiddleware(logger: logger))
    addRevisions(to: router.group("v1"))
    addSites(to: router.group("v1"))
    router.get("v1/identity") { _, _ in try Response.json(identity) }
    router.get("v1/version") { _, _ in try Response.json(API.Version(version: FabricVersion.current)) }
    router.get("metrics") { _, _ in
      let text = MetricsText(status: controller.status(), drops: controller.drops).description
      return Response.bytes(text.utf8, type: "text/plain; version=0.0.4")
    }
    return router
  }

  private func addRevisions(to group: RouterGroup<BasicRequestContext>) {
    group.post("plan") { request, _ in
      try Response.json(try controller.plan(try await body(of: request), file: fileName(in: request)))
    }
    group.post("apply") { request, _ in
      try Response.json(try controller.apply(try await body(of: request), file: fileName(in: request)))
    }
    group.get("revisions") { _, _ in try Response.json(try controller.revisions()) }
    group.get("revisions/:number") { _, context in
      Response.bytes(try controller.text(ofRevision: try revision(in: context)), type: "application/yaml")
    }
    group.post("revisions/:number/rollback") { _, context in
      try Response.json(try controller.rollback(to: try revision(in: context)))
    }
  }

  private func addSites(to group: RouterGroup<BasicRequestContext>) {
    group.get("status") { _, _ in try Response.json(controller.status()) }
    group.put("sites/:site/agent") { request, context in
      let enrolment: API.Enrolment
      do {
        enrolment = try MessageCoding.decode(API.Enrolment.self, from: try await body(of: request))
      } catch let error as DecodingError {
        throw RequestFailure.malformed("enrolment: \(MessageCoding.summary(of: error))")
      }
      guard let key = CurvePublicKey(enrolment.publicKey) else {
        throw RequestFailure.malformed("publicKey is no CURVE key: it has 40 characters of Z85")
      }
      try controller.enrol(key, for: try site(in: context))
      return try Response.json(identity)
    }
    group.delete("sites/:site/agent") { _, context in
      try controller.revoke(try site(in: context))
      return Response(status: .noContent)
    }
  }

  private func body(of request: Request) async throws -> [UInt8] {
    [UInt8](buffer: try await request.body.collect(upTo: MessageCoding.maximumBytes))
  }

  /// The file's name for error messages: the query's `file`, as the operator typed it.
  private func fileName(in request: Request) -> String {
    guard let name = request.uri.queryParameters["file"], (1...1024).contains(name.utf8.count),
      name.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace || $0 == " " })
    else { return "topology.yaml" }
    return String(name)
  }

  private func revision(in context: BasicRequestContext) throws -> Int {
    guard let number = context.parameters.get("number").flatMap({ Int($0) }), number > 0 else {
      throw RequestFailure.malformed("a revision is a number, counting from 1")
    }
    return number
  }

  /// A site's name: a DNS label (RFC 1035 section 2.3.1).
  private func site(in context: BasicRequestContext) throws -> String {
    let name = context.parameters.get("site") ?? ""
    let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-")
    guard (1...63).contains(name.count), name.allSatisfy(letters.contains), !name.hasPrefix("-"), !name.hasSuffix("-")
    else { throw RequestFailure.malformed("a site's name is made of lower case letters, digits and hyphens") }
    return name
  }
}
