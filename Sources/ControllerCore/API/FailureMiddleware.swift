import ControlProtocol
import Hummingbird
import Logging
import Topology

/// Turns every error, also of an unknown path, into `API.Failure` with its status.
struct FailureMiddleware<Context: RequestContext>: RouterMiddleware {
  let logger: Logger

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let (status, failure) = describe(error, request)
      if status.kind == .serverError {
        logger.error("request failed", metadata: .fields([.error: failure.message]))
      }
      return try Response.json(failure, status: status)
    }
  }

  private func describe(_ error: any Error, _ request: Request) -> (HTTPResponse.Status, API.Failure) {
    switch error {
    case let error as ValidationFailure:
      let count = error.diagnostics.count == 1 ? "1 error" : "\(error.diagnostics.count) errors"
      return (.unprocessableContent, API.Failure(message: "\(error.file): \(count)", details: error.lines))
    case let error as RequestFailure:
      return (error.status, API.Failure(message: error.message))
    case let error as StoreFailure:
      return (.serviceUnavailable, API.Failure(message: error.description))
    case let error as any HTTPResponseError where error.status == .contentTooLarge:
      return (error.status, API.Failure(message: "the body is larger than \(MessageCoding.maximumBytes) bytes"))
    case let error as any HTTPResponseError where error.status == .notFound:
      return (error.status, API.Failure(message: "no such resource: \(request.method) \(request.uri.path)"))
    case let error as any HTTPResponseError:
      return (error.status, API.Failure(message: error.status.reasonPhrase))
    default:
      return (.internalServerError, API.Failure(message: "internal error: \(error)"))
    }
  }
}

extension RequestFailure {
  fileprivate var status: HTTPResponse.Status {
    switch self {
    case .unknownRevision, .notEnrolled: .notFound
    case .keyInUse: .conflict
    case .malformed: .badRequest
    }
  }

  fileprivate var message: String {
    switch self {
    case .unknownRevision(let number): "there is no revision \(number)"
    case .notEnrolled(let site): "no agent is enrolled for \(site)"
    case .keyInUse(let site): "that key is enrolled for \(site)"
    case .malformed(let reason): reason
    }
  }
}

extension Response {
  /// A JSON body.
  static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    bytes(try MessageCoding.encode(value), type: "application/json", status: status)
  }

  /// A body of bytes.
  static func bytes(
    _ bytes: some Collection<UInt8>, type: String, status: HTTPResponse.Status = .ok
  ) -> Response {
    Response(
      status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
