import COpenSSL
import FoundationEssentials
import WireFormat

/// Bytes that must not leak: wiped when released, compared in constant time, and without a description
/// (DESIGN.md section 5, invariant 9).
public final class SecretBytes: Sendable {
  private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

  /// Copies `bytes`; the caller's own copy is the caller's to wipe.
  public convenience init(_ bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Makes `count` bytes that `fill` writes in place, so that no copy is left elsewhere.
  init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    storage = .allocate(byteCount: count, alignment: 16)
    storage.initializeMemory(as: UInt8.self, repeating: 0)
    try fill(storage)
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// Number of bytes.
  public var count: Int { storage.count }

  /// Lends the bytes for the time of `body`; they must not be kept.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage))
  }

  /// A copy of the bytes of `range`, counted from 0; nil if the range goes beyond the end.
  public func slice(_ range: Range<Int>) -> SecretBytes? {
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    return SecretBytes(storage[range])
  }

  /// The bytes of both, one after the other.
  public static func + (left: SecretBytes, right: some Collection<UInt8>) -> SecretBytes {
    SecretBytes(count: left.count + right.count) { target in
      target.copyMemory(from: UnsafeRawBufferPointer(left.storage))
      UnsafeMutableRawBufferPointer(rebasing: target[left.count...]).copyBytes(from: right)
    }
  }
}

extension SecretBytes: Equatable {
  /// Compares in a time that depends on the lengths alone.
  public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
    constantTimeEqual(UnsafeRawBufferPointer(left.storage), UnsafeRawBufferPointer(right.storage))
  }
}

extension SecretBytes: CustomReflectable {
  /// Nothing, so that no debugger's or logger's reflection finds the bytes.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretBytes: Codable {
  /// Decodes a byte string, or base64 text where the format has none.
  public convenience init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let container = container as? any ByteStringDecodingContainer {
      let count = try container.decodeByteString { $0.count }
      try self.init(count: count) { storage in try container.decodeByteString { storage.copyMemory(from: $0) } }
      return
    }
    guard let data = Data(base64Encoded: try container.decode(String.self)) else {
      // The text is a secret: the error must not quote it.
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a secret is not base64")
    }
    self.init(data)
  }

  /// Encodes a byte string, or base64 text where the format has none: only for files of mode 0600 and for channels
  /// that no other process reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if var container = container as? any ByteStringEncodingContainer {
      return try container.encode(byteString: UnsafeRawBufferPointer(storage))
    }
    try container.encode(Data(storage).base64EncodedString())
  }
}

/// Overwrites bytes that were secret; the caller holds the only reference to them.
public func wipe(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
