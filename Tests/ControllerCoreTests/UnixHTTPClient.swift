import ControlProtocol
import Foundation

/// The least HTTP/1.1 client that speaks to a unix socket: one request a connection, on a thread of its own.
struct UnixHTTPClient: Sendable {
  struct Response: Sendable {
    let status: Int
    let body: Data

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try MessageCoding.decode(type, from: body) }
  }

  struct Unreachable: Error {}

  let path: String

  func request(_ method: String, _ target: String, body: Data = Data()) async throws -> Response {
    let head =
      "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n"
    let request = Data(head.utf8) + body
    let answer = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { [self] in continuation.resume(with: Result { try exchange(request) }) }
    }
    guard let end = answer.range(of: Data("\r\n\r\n".utf8)) else { throw Unreachable() }
    let lines = String(decoding: answer[..<end.lowerBound], as: UTF8.self).split(separator: " ")
    return Response(status: lines.dropFirst().first.flatMap { Int($0) } ?? 0, body: answer[end.upperBound...])
  }

  private func exchange(_ request: Data) throws -> Data {
    let descriptor = try connected()
    defer { close(descriptor) }
    // The server may answer, and close, before it has read a body that it refuses.
    _ = request.withUnsafeBytes { bytes in
      var sent = 0
      while sent < bytes.count {
        let count = send(
          descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
        if count <= 0 { break }
        sent += count
      }
      return sent
    }
    var answer = Data()
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer[..<count] }
    return answer
  }

  private func connected() throws -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    if !isConnected {
      close(descriptor)
      throw Unreachable()
    }
    return descriptor
  }
}
