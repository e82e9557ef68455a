import Glibc
import WireFormat

/// The kernel's form of an endpoint: a `sockaddr_in` or `sockaddr_in6` in storage that is large enough for both.
struct SocketAddress {
  var storage: sockaddr_storage
  var length: socklen_t

  init(_ endpoint: Endpoint) {
    storage = sockaddr_storage()
    length = withUnsafeMutableBytes(of: &storage) { SocketAddress.write(endpoint, to: $0) }
  }

  /// Writes the endpoint into storage of at least a `sockaddr_in6` and returns the length used. Allocates nothing.
  static func write(_ endpoint: Endpoint, to storage: UnsafeMutableRawBufferPointer) -> socklen_t {
    switch endpoint.address {
    case .v4(let value):
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = endpoint.port.bigEndian
      address.sin_addr.s_addr = value.bigEndian
      storage.storeBytes(of: address, as: sockaddr_in.self)
      return socklen_t(MemoryLayout<sockaddr_in>.size)
    case .v6(let high, let low):
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = endpoint.port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) {
        $0.storeBytes(of: high.bigEndian, as: UInt64.self)
        $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
      }
      storage.storeBytes(of: address, as: sockaddr_in6.self)
      return socklen_t(MemoryLayout<sockaddr_in6>.size)
    }
  }

  /// Reads an endpoint that the kernel wrote; nil for another family. Allocates nothing.
  static func read(_ storage: UnsafeRawBufferPointer) -> Endpoint? {
    switch Int32(storage.load(as: sa_family_t.self)) {
    case AF_INET:
      let address = storage.load(as: sockaddr_in.self)
      return Endpoint(.v4(UInt32(bigEndian: address.sin_addr.s_addr)), port: UInt16(bigEndian: address.sin_port))
    case AF_INET6:
      let address = storage.load(as: sockaddr_in6.self)
      let (high, low) = withUnsafeBytes(of: address.sin6_addr) {
        (UInt64(bigEndian: $0.load(as: UInt64.self)), UInt64(bigEndian: $0.load(fromByteOffset: 8, as: UInt64.self)))
      }
      return Endpoint(.v6(high: high, low: low), port: UInt16(bigEndian: address.sin6_port))
    default: return nil
    }
  }

  /// Calls a system call that takes a `sockaddr *` and its length.
  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}
