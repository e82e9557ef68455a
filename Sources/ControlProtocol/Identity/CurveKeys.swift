import CZeroMQ
import Foundation

/// A CURVE public key (RFC 26/CurveZMQ): 32 bytes, written as 40 characters of Z85 (RFC 32/Z85).
public struct CurvePublicKey: Hashable, Sendable, CustomStringConvertible {
  /// The key, 32 bytes.
  let bytes: [UInt8]

  /// Reads Z85; nil unless it is 40 characters that stand for 32 bytes.
  public init?(_ text: String) {
    guard let bytes = Z85.decode(text) else { return nil }
    self.bytes = bytes
  }

  /// Takes raw bytes; nil unless there are 32.
  init?(bytes: [UInt8]) {
    guard bytes.count == Z85.keyBytes else { return nil }
    self.bytes = bytes
  }

  /// The key in Z85.
  public var description: String { Z85.encode(bytes) }
}

extension CurvePublicKey: Codable {
  /// Decodes Z85.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let key = CurvePublicKey(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a CURVE key of 40 Z85 characters")
    }
    self = key
  }

  /// Encodes Z85.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A CURVE secret key: wiped when released, without a description (DESIGN.md section 5, invariant 9).
///
/// Its bytes are written once, in `init`, so that threads may share it.
public final class CurveSecretKey: @unchecked Sendable {
  private let bytes: UnsafeMutableRawBufferPointer

  init?(_ text: String) {
    guard let decoded = Z85.decode(text) else { return nil }
    bytes = .allocate(byteCount: decoded.count, alignment: 1)
    bytes.copyBytes(from: decoded)
  }

  deinit {
    if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
    bytes.deallocate()
  }

  /// The key in Z85, for the identity file alone.
  var text: String { Z85.encode([UInt8](bytes)) }

  /// Makes `socket` prove this key.
  func install(in socket: ZeroMQSocket) throws(ZeroMQError) {
    try socket.set(ZMQ_CURVE_SECRETKEY, UnsafeRawBufferPointer(bytes))
  }
}

/// The long-term keys of one end of the control channel.
public struct CurveKeyPair: Sendable {
  /// What the other end must know.
  public let publicKey: CurvePublicKey
  /// What nobody else may know.
  public let secretKey: CurveSecretKey

  /// A pair of fresh keys from the operating system's randomness.
  public static func generate() throws(ZeroMQError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: Z85.keyCharacters + 1)
    var secretText = publicText
    defer { explicit_bzero(&secretText, secretText.count) }
    guard zmq_curve_keypair(&publicText, &secretText) == 0,
      let pair = CurveKeyPair(public: Z85.text(publicText), secret: Z85.text(secretText))
    else { throw ZeroMQError("generate a CURVE key pair") }
    return pair
  }

  /// Reads both keys in Z85; nil if one is malformed or they do not belong together.
  init?(public publicText: String, secret secretText: String) {
    guard let publicKey = CurvePublicKey(publicText), let secretKey = CurveSecretKey(secretText) else { return nil }
    var derived = [CChar](repeating: 0, count: Z85.keyCharacters + 1)
    guard zmq_curve_public(&derived, secretText) == 0, Z85.text(derived) == publicText else { return nil }
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  /// Makes `socket` prove this pair of keys.
  func install(in socket: ZeroMQSocket) throws(ZeroMQError) {
    try socket.set(ZMQ_CURVE_PUBLICKEY, publicKey.bytes)
    try secretKey.install(in: socket)
  }
}

/// RFC 32/Z85 for keys: 32 bytes in 40 characters.
private enum Z85 {
  static let keyBytes = 32
  static let keyCharacters = 40

  static func encode(_ bytes: [UInt8]) -> String {
    var characters = [CChar](repeating: 0, count: keyCharacters + 1)
    guard zmq_z85_encode(&characters, bytes, bytes.count) != nil else { return "" }
    return text(characters)
  }

  static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.count == keyCharacters else { return nil }
    var bytes = [UInt8](repeating: 0, count: keyBytes)
    return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
  }

  static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
