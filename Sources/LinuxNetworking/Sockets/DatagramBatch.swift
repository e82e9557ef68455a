import CLinux
import Glibc
import WireFormat

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
  private let trafficClasses: UnsafeMutablePointer<UInt8>

  /// `capacity` slots (at least 1, at most 1024) of `slotSize` bytes, all empty.
  public init(capacity: Int = 64, slotSize: Int = 2048) {
    precondition((1...1024).contains(capacity) && (64...(1 << 17)).contains(slotSize), "a batch of sensible size")
    self.capacity = capacity
    self.slotSize = slotSize
    // Not touched here: the system gives memory to the pages that are used.
    bytes = .allocate(byteCount: capacity * slotSize, alignment: 64)
    controls = .allocate(byteCount: capacity * CLINUX_BESIDE_SPACE, alignment: 8)
    messages = .allocate(capacity: capacity)
    vectors = .allocate(capacity: capacity)
    addresses = .allocate(capacity: capacity)
    segmentSizes = .allocate(capacity: capacity)
    trafficClasses = .allocate(capacity: capacity)
    messages.initialize(repeating: clinux_message(), count: capacity)
    vectors.initialize(repeating: iovec(), count: capacity)
    addresses.initialize(repeating: sockaddr_storage(), count: capacity)
    segmentSizes.initialize(repeating: 0, count: capacity)
    trafficClasses.initialize(repeating: 0, count: capacity)
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
    trafficClasses.deallocate()
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

  /// DSCP and ECN of the IP headers of the datagrams in a slot that is in use; 0 unless the socket receives them.
  public func trafficClass(_ index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return trafficClasses[index]
  }

  /// Whom the datagrams in a slot came from; nil if the system did not say.
  public func source(_ index: Int) -> Endpoint? {
    precondition(index >= 0 && index < count, "no datagram in this slot")
    return SocketAddress.read(
      UnsafeRawBufferPointer(start: addresses + index, count: MemoryLayout<sockaddr_storage>.size))
  }

  // MARK: - Sending

  /// Makes a range of the first empty slot a datagram to `destination`, with DSCP and ECN of `trafficClass` in its IP
  /// header. The batch must not be full.
  public func append(_ range: Range<Int>, to destination: Endpoint, trafficClass: UInt8 = 0) {
    precondition(!isFull && range.lowerBound >= 0 && range.upperBound <= slotSize, "the datagram lies in an empty slot")
    vectors[count] = iovec(iov_base: slot(count).baseAddress?.advanced(by: range.lowerBound), iov_len: range.count)
    segmentSizes[count] = range.count
    trafficClasses[count] = trafficClass
    let storage = UnsafeMutableRawBufferPointer(start: addresses + count, count: MemoryLayout<sockaddr_storage>.size)
    messages[count].header.msg_namelen = SocketAddress.write(destination, to: storage)
    count += 1
  }

  /// Where in the last slot in use a datagram of `length` bytes would join its train; nil if it must begin another.
  /// All datagrams of a train have one IP header, and so one traffic class.
  public func trainEnd(forDatagramOf length: Int, trafficClass: UInt8 = 0) -> Int? {
    guard count > 0, trafficClasses[count - 1] == trafficClass else { return nil }
    let vector = vectors[count - 1]
    let size = segmentSizes[count - 1]
    guard length <= size, vector.iov_len.isMultiple(of: size), vector.iov_len + length <= DatagramBatch.maximumTrain,
      vector.iov_len < size * DatagramBatch.maximumTrainCount, let start = vector.iov_base
    else { return nil }
    return (start - UnsafeMutableRawPointer(slot(count - 1).baseAddress ?? start)) + vector.iov_len
  }

  /// Makes the `length` bytes behind the last train one more datagram of it; `trainEnd` has said that they may.
  public func extendTrain(by length: Int) {
    precondition(
      trainEnd(forDatagramOf: length, trafficClass: trafficClasses[count - 1]) != nil, "the datagram fits the train")
    vectors[count - 1].iov_len += length
  }

  /// Whether the last train is so long that it is better sent than kept for company: the system call is a small part of
  /// what it costs, and its receiver can work on it while the next one is made.
  public var endsInLongTrain: Bool { count > 0 && vectors[count - 1].iov_len >= DatagramBatch.maximumTrain / 2 }

  /// What the batch takes of a socket's buffer, in bytes, with what the system needs for each datagram or train.
  public var footprint: Int { (0..<count).reduce(0) { $0 + vectors[$1].iov_len + 1024 } }

  /// Empties all slots.
  public func removeAll() { count = 0 }

  /// What became of a batch.
  public struct Outcome: Equatable, Sendable {
    /// Datagrams that the system did not take: no route, buffer full.
    public var refused = 0
    /// Datagrams larger than the first link's MTU, or than the path's where the system knows it.
    public var tooBig = 0
    /// Whether the system does not take trains for this destination.
    public var areTrainsRefused = false

    /// An outcome; without arguments, all is sent.
    public init(refused: Int = 0, tooBig: Int = 0, areTrainsRefused: Bool = false) {
      self.refused = refused
      self.tooBig = tooBig
      self.areTrainsRefused = areTrainsRefused
    }
  }

  /// Sends all datagrams of the batch and empties it.
  ///
  /// A datagram that the system refuses is lost, as it would be in the network, and the ones behind it are still sent. A
  /// train that it refuses as such is sent one by one.
  public func send(by socket: some DatagramSocket) -> Outcome {
    for index in 0..<count { attach(index, isTrain: vectors[index].iov_len > segmentSizes[index]) }
    var outcome = Outcome()
    var next = 0
    while next < count {
      let result = clinux_send_messages(socket.descriptor.rawValue, messages + next, UInt32(count - next))
      if result > 0 {
        next += Int(result)
      } else if result != -EINTR {
        outcome.add(sendAgain(next, after: -result, by: socket))
        next += 1
      }
    }
    count = 0
    return outcome
  }

  private func attach(_ index: Int, isTrain: Bool) {
    let beside = clinux_beside(
      segment_size: isTrain ? UInt16(clamping: segmentSizes[index]) : 0, traffic_class: trafficClasses[index])
    clinux_put_beside(messages + index, control(index), beside)
  }

  /// Sends what was refused once more, datagram by datagram: the error may have been one of an earlier datagram, and
  /// some systems and interfaces refuse trains.
  private func sendAgain(_ index: Int, after code: Int32, by socket: some DatagramSocket) -> Outcome {
    let train = vectors[index]
    let size = max(1, segmentSizes[index])
    if code == EAGAIN || code == ENOBUFS { return Outcome(refused: (train.iov_len + size - 1) / size) }
    attach(index, isTrain: false)
    var outcome = Outcome()
    var sent = 0
    repeat {
      let length = min(size, train.iov_len - sent)
      vectors[index] = iovec(iov_base: train.iov_base + sent, iov_len: length)
      outcome.add(sendOne(index, by: socket))
      sent += length
    } while sent < train.iov_len
    // `EIO` where the interface cannot add checksums, `EINVAL` where a datagram is too big or trains are unknown.
    let isTrain = train.iov_len > size
    outcome.areTrainsRefused = isTrain && (code == EIO || code == EINVAL) && outcome.refused + outcome.tooBig == 0
    return outcome
  }

  private func sendOne(_ index: Int, by socket: some DatagramSocket) -> Outcome {
    switch clinux_send_messages(socket.descriptor.rawValue, messages + index, 1) {
    case 1: Outcome()
    case -EMSGSIZE: Outcome(tooBig: 1)
    default: Outcome(refused: 1)
    }
  }

  private func control(_ index: Int) -> UnsafeMutableRawPointer? {
    controls.baseAddress?.advanced(by: index * CLINUX_BESIDE_SPACE)
  }

  // MARK: - Receiving

  /// Fills the batch with the datagrams that are waiting; returns how many slots they take. Never waits.
  ///
  /// A datagram larger than a slot is dropped: it comes out empty. A pending network error of an earlier datagram
  /// (ICMP unreachable) reads as nothing waiting.
  public func receive(from socket: some DatagramSocket) throws(LinuxError) -> Int {
    removeAll()
    return try receiveMore(from: socket)
  }

  /// Fills the slots behind those in use with the datagrams that are waiting; returns how many slots they take. Else as
  /// `receive`.
  public func receiveMore(from socket: some DatagramSocket) throws(LinuxError) -> Int {
    let first = count
    for index in first..<capacity {
      vectors[index] = iovec(iov_base: slot(index).baseAddress, iov_len: slotSize)
      messages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
      messages[index].header.msg_control = control(index)
      messages[index].header.msg_controllen = CLINUX_BESIDE_SPACE
    }
    let result = clinux_receive_messages(socket.descriptor.rawValue, messages + first, UInt32(capacity - first))
    switch -result {
    case EAGAIN, EINTR, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE, ENOPROTOOPT, EPROTO, EOPNOTSUPP, EACCES:
      return 0
    default: count += Int(try check("recvmmsg", result))
    }
    for index in first..<count { takeLength(index) }
    return count - first
  }

  private func takeLength(_ index: Int) {
    let isTruncated = messages[index].header.msg_flags & Int32(MSG_TRUNC) != 0
    let length = isTruncated ? 0 : Int(messages[index].length)
    let beside = clinux_take_beside(messages + index)
    vectors[index].iov_len = length
    segmentSizes[index] = beside.segment_size > 0 ? Int(beside.segment_size) : length
    trafficClasses[index] = beside.traffic_class
  }
}

extension DatagramBatch.Outcome {
  fileprivate mutating func add(_ other: DatagramBatch.Outcome) {
    refused += other.refused
    tooBig += other.tooBig
    areTrainsRefused = areTrainsRefused || other.areTrainsRefused
  }
}
