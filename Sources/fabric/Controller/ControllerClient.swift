import AsyncHTTPClient
import ControlProtocol
import Foundation
import NIOCore
import NIOHTTP1

/// Why the controller gave no answer that can be used.
enum ControllerError: Error, CustomStringConvertible {
  /// Nobody answers on its socket.
  case unreachable(socket: String, reason: String)
  /// It refused the request: the request is at fault.
  case refused(API.Failure)
  /// It could not do what it was asked.
  case failed(API.Failure)
  /// Its answer is not what the API says.
  case notUnderstood(String)

  var status: CommandStatus {
    switch self {
    case .unreachable: .unreachable
    case .refused: .invalid
    case .failed, .notUnderstood: .failed
    }
  }

  var description: String {
    switch self {
    case .unreachable(let socket, let reason):
      "cannot reach the controller at \(socket): \(reason)\n  is fabric-controller running? --controller names another socket"
    case .refused(let failure), .failed(let failure): failure.text
    case .notUnderstood(let reason): "the controller's answer is not understood: \(reason)"
    }
  }
}

/// The controller's HTTP API (`API`) over its unix socket.
struct ControllerClient: Sendable {
  /// The path of the unix socket.
  let socket: String

  func plan(_ topology: String) async throws -> API.Plan { try await post("/v1/plan", text: topology) }
  func apply(_ topology: String) async throws -> API.Applied { try await post("/v1/apply", text: topology) }
  func rollback(to revision: Int) async throws -> API.Applied { try await post("/v1/revisions/\(revision)/rollback") }
  func status() async throws -> API.NetworkStatus { try await value(.GET, "/v1/status") }
  func revisions() async throws -> [API.Revision] { try await value(.GET, "/v1/revisions") }
  func version() async throws -> API.Version { try await value(.GET, "/v1/version") }

  func identity() async throws -> API.ControllerIdentity { try await value(.GET, "/v1/identity") }

  /// The YAML of a revision.
  func topology(revision: Int) async throws -> String {
    String(decoding: try await send(.GET, "/v1/revisions/\(revision)"), as: UTF8.self)
  }

  /// Registers the key of a site's agent.
  func enrol(site: String, publicKey: String) async throws -> API.ControllerIdentity {
    let body = try MessageCoding.encode(API.Enrolment(publicKey: publicKey))
    return try await value(.PUT, agentPath(site), body: body)
  }

  /// Forgets the key of a site's agent.
  func revoke(site: String) async throws {
    _ = try await send(.DELETE, agentPath(site))
  }

  /// The path of a site's agent, whatever was typed as the site's name.
  private func agentPath(_ site: String) -> String {
    "/v1/sites/\(site.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-"])) ?? "")/agent"
  }

  private func post<Value: Decodable>(_ path: String, text: String = "") async throws -> Value {
    try await value(.POST, path, body: Data(text.utf8))
  }

  private func value<Value: Decodable>(
    _ method: HTTPMethod, _ path: String, body: Data = Data()
  ) async throws -> Value {
    let answer = try await send(method, path, body: body)
    do { return try MessageCoding.decode(Value.self, from: answer) } catch {
      throw ControllerError.notUnderstood(MessageCoding.summary(of: error))
    }
  }

  private func send(_ method: HTTPMethod, _ path: String, body: Data = Data()) async throws -> Data {
    guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
      throw CommandFailure(.invalid, "'\(socket)' is no path of a unix socket")
    }
    var request = HTTPClientRequest(url: url.absoluteString)
    request.method = method
    if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
    let (status, answer) = try await exchange(request)
    guard (200..<300).contains(status.code) else {
      let failure =
        (try? MessageCoding.decode(API.Failure.self, from: answer))
        ?? API.Failure(message: "the controller answered \(status.code) \(status.reasonPhrase)")
      throw status.code < 500 ? ControllerError.refused(failure) : ControllerError.failed(failure)
    }
    return answer
  }

  /// A controller that is not there now is a fault to report, not one to wait for.
  private static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  private func exchange(_ request: HTTPClientRequest) async throws -> (HTTPResponseStatus, Data) {
    do {
      let response = try await Self.http.execute(request, timeout: .seconds(30))
      let body = try await response.body.collect(upTo: 64 << 20)
      return (response.status, Data(body.readableBytesView))
    } catch {
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw ControllerError.unreachable(socket: socket, reason: reason)
    }
  }
}
