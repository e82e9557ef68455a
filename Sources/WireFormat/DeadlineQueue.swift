/// Deadlines by key, earliest first: a binary heap in which a changed deadline leaves its old entry behind until it
/// comes to the top. Inlinable, so that it is compiled for the keys of other modules.
public struct DeadlineQueue<Key: Hashable> {
  @usableFromInline var current: [Key: Instant] = [:]
  @usableFromInline var heap: [(deadline: Instant, key: Key)] = []

  /// A queue without deadlines.
  @inlinable public init() {}

  /// The earliest deadline; nil if there is none.
  @inlinable public var earliest: Instant? { heap.first?.deadline }

  /// Sets the deadline of `key`, or takes it away.
  @inlinable
  public mutating func set(_ key: Key, _ deadline: Instant?) {
    guard current[key] != deadline else { return }
    current[key] = deadline
    if let deadline { push(deadline, key) }
    dropStale()
  }

  /// Takes out one key whose deadline has passed; nil if there is none.
  @inlinable
  public mutating func popDue(at now: Instant) -> Key? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    current[first.key] = nil
    dropStale()
    return first.key
  }

  /// Keeps the top entry a valid one, so that `earliest` needs no search.
  @inlinable
  mutating func dropStale() {
    while let first = heap.first, current[first.key] != first.deadline { pop() }
  }

  @inlinable
  mutating func push(_ deadline: Instant, _ key: Key) {
    heap.append((deadline, key))
    var child = heap.count - 1
    while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  @inlinable
  mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while let child = lesserChild(of: parent), heap[child].deadline < heap[parent].deadline {
      heap.swapAt(parent, child)
      parent = child
    }
  }

  @inlinable
  func lesserChild(of parent: Int) -> Int? {
    let left = 2 * parent + 1
    guard left + 1 < heap.count else { return left < heap.count ? left : nil }
    return heap[left + 1].deadline < heap[left].deadline ? left + 1 : left
  }
}
