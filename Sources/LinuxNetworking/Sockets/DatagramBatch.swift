import CLinux
import Glibc
import WireFormat

/// A socket that moves batches of datagrams in one system call.
public protocol DatagramSocket: AnyObject {
  /// The socket.
  var descriptor: FileDescriptor { get }
}

/// Buffers for a batch of datagrams, allocated once and used over and over: nothing is allocated per packet.
///
/// Each slot is a buffer of `slotSize` bytes with a datagram somewhere inside it, so that headers can be put before
/// a packet and trailers after it in place.
public final class DatagramBatch {
  /// The number of slots.
  public let capacity: Int
  /// The size of each slot in bytes.
  public let slotSize: Int
  /// The number of slots that hold a datagram now.
  public private(set) var count = 0

  private let bytes: UnsafeMutableRawBufferPointer
  private let messages: UnsafeMutablePointer<clinux_message>
  private let vectors: UnsafeMutablePointer<iovec>
  private let addresses: UnsafeMutablePointer<sockaddr_storage>

  /// `capacity` slots (at least 1, at most 1024) of `slotSize` bytes, all empty.
  public init(capacity: Int = 64, slotSize: Int = 2048) {
    precondition((1...1024).contains(capacity) && (64...(1 << 17)).contains(slotSize), "a batch of sensible size")
    self.capacity = capacity
    self.slotSize = slotSize
    bytes = .allocate(byteCount: capacity * slotSize, alignment: 64)
    messages = .allocate(capacity: capacity)
    vectors = .allocate(capacity: capacity)
    addresses = .allocate(capacity: capacity)
    messages.initialize(repeating: clinux_message(), count: capacity)
    vectors.initialize(repeating: iovec(), count: capacity)
    addresses.initialize(repeating: sockaddr_storage(), count: capacity)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    for index in 0..<capacity {
      messages[index].header.msg_iov = vectors + index
      messages[index].header.msg_iovlen = 1
      messages[index].header.msg_name = UnsafeMutableRawPointer(addresses + index)
    }
  }

  deinit {
    bytes.deallocate()
    messages.deallocate()
    vectors.deallocate()
    addresses.deallocate()
  }

  /// Whether there is no empty slot left.
  public var isFull: Bool { count == capacity }

  /// The whole buffer of a slot, used or not; valid as long as the batch lives.
  public func slot(_ index: Int) -> UnsafeMutableRawBufferPointer {
    precondition(index >= 0 && index < capacity, "no such slot")
    return UnsafeMutableRawBufferPointer(rebasing: bytes[(index * slotSize)..<((index + 1) * slotSize)])
  }

  /// The datagram in a slot that is in use.
  public func datagram(_ index: Int) -> UnsafeMutableRawBufferPointer {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return UnsafeMutableRawBufferPointer(start: vectors[index].iov_base, count: vectors[index].iov_len)
  }

  /// Whom the datagram in a slot came from; nil if the system did not say.
  public func source(_ index: Int) -> Endpoint? {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return SocketAddress.read(
      UnsafeRawBufferPointer(start: addresses + index, count: MemoryLayout<sockaddr_storage>.size))
  }

  /// Makes a range of the first empty slot a datagram to `destination`. The batch must not be full.
  public func append(_ range: Range<Int>, to destination: Endpoint) {
    precondition(!isFull && range.lowerBound >= 0 && range.upperBound <= slotSize, "the datagram lies in an empty slot")
    vectors[count] = iovec(iov_base: slot(count).baseAddress?.advanced(by: range.lowerBound), iov_len: range.count)
    let storage = UnsafeMutableRawBufferPointer(start: addresses + count, count: MemoryLayout<sockaddr_storage>.size)
    messages[count].header.msg_namelen = SocketAddress.write(destination, to: storage)
    count += 1
  }

  /// Empties all slots.
  public func removeAll() { count = 0 }

  /// Fills the batch with the datagrams that are waiting; returns how many. Never waits.
  ///
  /// A datagram larger than a slot is dropped: it comes out empty. A pending network error of an earlier datagram
  /// (ICMP unreachable) reads as nothing waiting.
  public func receive(from socket: some DatagramSocket) throws(LinuxError) -> Int {
    for index in 0..<capacity {
      vectors[index] = iovec(iov_base: slot(index).baseAddress, iov_len: slotSize)
      messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }
    count = 0
    let result = clinux_receive_messages(socket.descriptor.rawValue, messages, UInt32(capacity))
    switch -result {
    case EAGAIN, EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH: return 0
    default: count = Int(try check("recvmmsg", result))
    }
    for index in 0..<count {
      let isTruncated = messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0
      vectors[index].iov_len = isTruncated ? 0 : Int(messages[index].length)
    }
    return count
  }

  /// Sends all datagrams of the batch and empties it; returns how many the system did not take.
  ///
  /// A datagram that the system refuses (no route, buffer full, too big) is lost, as it would be in the network, and
  /// the ones behind it are still sent.
  public func send(by socket: some DatagramSocket) -> Int {
    var next = 0
    var refused = 0
    while next < count {
      let result = clinux_send_messages(socket.descriptor.rawValue, messages + next, UInt32(count - next))
      if result > 0 {
        next += Int(result)
      } else if result != -EINTR {
        next += 1
        refused += 1
      }
    }
    count = 0
    return refused
  }
}
