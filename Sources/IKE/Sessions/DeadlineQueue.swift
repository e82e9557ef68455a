import WireFormat

/// Deadlines by key, earliest first: a binary heap in which a changed deadline leaves its old entry behind until it
/// comes to the top.
struct DeadlineQueue<Key: Hashable> {
  private var current: [Key: Instant] = [:]
  private var heap: [(deadline: Instant, key: Key)] = []

  /// The earliest deadline; nil if there is none.
  var earliest: Instant? { heap.first?.deadline }

  /// Sets the deadline of `key`, or takes it away.
  mutating func set(_ key: Key, _ deadline: Instant?) {
    guard current[key] != deadline else { return }
    current[key] = deadline
    if let deadline { push(deadline, key) }
    dropStale()
  }

  /// Takes out one key whose deadline has passed; nil if there is none.
  mutating func popDue(at now: Instant) -> Key? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    current[first.key] = nil
    dropStale()
    return first.key
  }

  /// Keeps the top entry a valid one, so that `earliest` needs no search.
  private mutating func dropStale() {
    while let first = heap.first, current[first.key] != first.deadline { pop() }
  }

  private mutating func push(_ deadline: Instant, _ key: Key) {
    heap.append((deadline, key))
    var child = heap.count - 1
    while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
      guard let least = children.min(by: { heap[$0].deadline < heap[$1].deadline }),
        heap[least].deadline < heap[parent].deadline
      else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
