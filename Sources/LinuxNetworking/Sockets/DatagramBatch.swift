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
/// Each slot is a buffer of `slotSize` bytes that holds one datagram, or a train of several for one destination, back to
/// back and all of one size but for the last, which may be shorter. A train passes the kernel's network stack as one
/// packet (UDP_SEGMENT, UDP_GRO of udp(7)).
///
///     slot   │ datagram 0 │ datagram 1 │ … │ rest │        unused        │
///            ╰segment size╯
public final class DatagramBatch {
  /// The number of slots.
  public let capacity: Int
  /// The size of each slot in bytes.
  public let slotSize: Int
  /// The number of slots in use.
  public private(set) var count = 0

  /// The largest train in bytes: what a UDP datagram can carry.
  public static let maximumTrain = 65_507
  /// The longest train in datagrams (UDP_MAX_SEGMENTS of the kernel).
  public static let maximumTrainCount = 64

  private let bytes: UnsafeMutableRawBufferPointer
  private let controls: UnsafeMutableRawBufferPointer
  private let messages: UnsafeMutablePointer<clinux_message>
  private let vectors: UnsafeMutablePointer<iovec>
  private let addresses: UnsafeMutablePointer<sockaddr_storage>
  private let segmentSizes: UnsafeMutablePointer<Int>

  /// `capacity` slots (at least 1, at most 1024) of `slotSize` bytes, all empty.
  public init(capacity: Int = 64, slotSize: Int = 2048) {
    precondition((1...1024).contains(capacity) && (64...(1 << 17)).contains(slotSize), "a batch of sensible size")
    self.capacity = capacity
    self.slotSize = slotSize
    // Not touched here: the system gives memory to the pages that are used.
    bytes = .allocate(byteCount: capacity * slotSize, alignment: 64)
    controls = .allocate(byteCount: capacity * CLINUX_SEGMENT_CONTROL, alignment: 8)
    messages = .allocate(capacity: capacity)
    vectors = .allocate(capacity: capacity)
    addresses = .allocate(capacity: capacity)
    segmentSizes = .allocate(capacity: capacity)
    messages.initialize(repeating: clinux_message(), count: capacity)
    vectors.initialize(repeating: iovec(), count: capacity)
    addresses.initialize(repeating: sockaddr_storage(), count: capacity)
    segmentSizes.initialize(repeating: 0, count: capacity)
    for index in 0..<capacity {
      messages[index].header.msg_iov = vectors + index
      messages[index].header.msg_iovlen = 1
      messages[index].header.msg_name = UnsafeMutableRawPointer(addresses + index)
    }
  }

  deinit {
    bytes.deallocate()
    controls.deallocate()
    messages.deallocate()
    vectors.deallocate()
    addresses.deallocate()
    segmentSizes.deallocate()
  }

  /// Whether there is no empty slot left.
  public var isFull: Bool { count == capacity }

  /// The whole buffer of a slot, used or not; valid as long as the batch lives.
  public func slot(_ index: Int) -> UnsafeMutableRawBufferPointer {
    precondition(index >= 0 && index < capacity, "no such slot")
    return UnsafeMutableRawBufferPointer(rebasing: bytes[(index * slotSize)..<((index + 1) * slotSize)])
  }

  /// The datagram, or the whole train, in a slot that is in use.
  public func datagram(_ index: Int) -> UnsafeMutableRawBufferPointer {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return UnsafeMutableRawBufferPointer(start: vectors[index].iov_base, count: vectors[index].iov_len)
  }

  /// The size of the datagrams in a slot that is in use; the last may be shorter.
  public func segmentSize(_ index: Int) -> Int {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return segmentSizes[index]
  }

  /// Whom the datagrams in a slot came from; nil if the system did not say.
  public func source(_ index: Int) -> Endpoint? {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return SocketAddress.read(
      UnsafeRawBufferPointer(start: addresses + index, count: MemoryLayout<sockaddr_storage>.size))
  }

  // MARK: - Sending

  /// Makes a range of the first empty slot a datagram to `destination`. The batch must not be full.
  public func append(_ range: Range<Int>, to destination: Endpoint) {
    precondition(!isFull && range.lowerBound >= 0 && range.upperBound <= slotSize, "the datagram lies in an empty slot")
    vectors[count] = iovec(iov_base: slot(count).baseAddress?.advanced(by: range.lowerBound), iov_len: range.count)
    segmentSizes[count] = range.count
    let storage = UnsafeMutableRawBufferPointer(start: addresses + count, count: MemoryLayout<sockaddr_storage>.size)
    messages[count].header.msg_namelen = SocketAddress.write(destination, to: storage)
    count += 1
  }

  /// Where in the last slot in use a datagram of `length` bytes would join its train; nil if it must begin another.
  public func trainEnd(forDatagramOf length: Int) -> Int? {
    guard count > 0 else { return nil }
    let vector = vectors[count - 1]
    let size = segmentSizes[count - 1]
    guard length <= size, vector.iov_len.isMultiple(of: size), vector.iov_len + length <= DatagramBatch.maximumTrain,
      vector.iov_len < size * DatagramBatch.maximumTrainCount, let start = vector.iov_base
    else { return nil }
    return (start - UnsafeMutableRawPointer(slot(count - 1).baseAddress ?? start)) + vector.iov_len
  }

  /// Makes the `length` bytes behind the last train one more datagram of it; `trainEnd` has said that they may.
  public func extendTrain(by length: Int) {
    precondition(trainEnd(forDatagramOf: length) != nil, "the datagram fits the train")
    vectors[count - 1].iov_len += length
  }

  /// Empties all slots.
  public func removeAll() { count = 0 }

  /// Sends all datagrams of the batch and empties it; returns how many datagrams the system did not take.
  ///
  /// A datagram that the system refuses (no route, buffer full, too big) is lost, as it would be in the network, and
  /// the ones behind it are still sent. A train that it refuses as such is sent one by one; `trainsRefused` is called.
  public func send(by socket: some DatagramSocket, trainsRefused: () -> Void = {}) -> Int {
    for index in 0..<count { attachSegmentSize(index) }
    var next = 0
    var refused = 0
    while next < count {
      let result = clinux_send_messages(socket.descriptor.rawValue, messages + next, UInt32(count - next))
      if result > 0 {
        next += Int(result)
      } else if result != -EINTR {
        let isTrain = vectors[next].iov_len > segmentSizes[next]
        if isTrain, result == -EIO || result == -EINVAL || result == -EMSGSIZE {
          trainsRefused()
          refused += sendSingly(next, by: socket)
        } else {
          refused += datagramCount(next)
        }
        next += 1
      }
    }
    count = 0
    return refused
  }

  private func attachSegmentSize(_ index: Int) {
    let isTrain = vectors[index].iov_len > segmentSizes[index]
    clinux_set_segment_size(messages + index, control(index), isTrain ? UInt16(clamping: segmentSizes[index]) : 0)
  }

  private func sendSingly(_ index: Int, by socket: some DatagramSocket) -> Int {
    clinux_set_segment_size(messages + index, control(index), 0)
    let train = vectors[index]
    var sent = 0
    var refused = 0
    while sent < train.iov_len {
      let length = min(segmentSizes[index], train.iov_len - sent)
      vectors[index] = iovec(iov_base: train.iov_base + sent, iov_len: length)
      if clinux_send_messages(socket.descriptor.rawValue, messages + index, 1) != 1 { refused += 1 }
      sent += length
    }
    return refused
  }

  private func datagramCount(_ index: Int) -> Int {
    (vectors[index].iov_len + segmentSizes[index] - 1) / max(1, segmentSizes[index])
  }

  private func control(_ index: Int) -> UnsafeMutableRawPointer? {
    controls.baseAddress?.advanced(by: index * CLINUX_SEGMENT_CONTROL)
  }

  // MARK: - Receiving

  /// Fills the batch with the datagrams that are waiting; returns how many slots they take. Never waits.
  ///
  /// A datagram larger than a slot is dropped: it comes out empty. A pending network error of an earlier datagram
  /// (ICMP unreachable) reads as nothing waiting.
  public func receive(from socket: some DatagramSocket) throws(LinuxError) -> Int {
    for index in 0..<capacity {
      vectors[index] = iovec(iov_base: slot(index).baseAddress, iov_len: slotSize)
      messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
      messages[index].header.msg_control = control(index)
      messages[index].header.msg_controllen = CLINUX_SEGMENT_CONTROL
    }
    count = 0
    let result = clinux_receive_messages(socket.descriptor.rawValue, messages, UInt32(capacity))
    switch -result {
    case EAGAIN, EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH: return 0
    default: count = Int(try check("recvmmsg", result))
    }
    for index in 0..<count { takeLength(index) }
    return count
  }

  private func takeLength(_ index: Int) {
    let isTruncated = messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0
    let length = isTruncated ? 0 : Int(messages[index].length)
    let size = Int(clinux_get_segment_size(messages + index))
    vectors[index].iov_len = length
    segmentSizes[index] = size > 0 ? size : length
  }
}
