import Testing
import WireFormat

@testable import ESP

/// A path that swallows what is too big without a word, a peer that answers, and a clock.
private struct SilentPath {
  var machine: PathMTU
  var now = Instant(nanoseconds: 0)
  var limit: Int
  var answers = true
  var probesSent = 0
  let roundTripTime: Duration

  init(maximum: Int, limit: Int, roundTripTime: Duration = .milliseconds(20)) {
    machine = PathMTU(maximum: maximum, outerFamily: .v4, at: now)
    self.limit = limit
    self.roundTripTime = roundTripTime
  }

  /// Sends probes, and those that their answers lead to.
  mutating func send(_ probes: [PathMTU.Probe]) {
    probesSent += probes.count
    guard answers, probes.contains(where: { $0.size <= limit }) else { return }
    now = now.advanced(by: roundTripTime)
    var more: [PathMTU.Probe] = []
    for probe in probes where probe.size <= limit { more += machine.answered(number: probe.number, at: now) }
    if !more.isEmpty { send(more) }
  }

  mutating func begin() { send(machine.begin(at: now)) }

  mutating func run(for duration: Duration) {
    let end = now.advanced(by: duration)
    while let deadline = machine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      send(machine.timeout(at: now))
    }
    now = max(now, end)
  }
}

struct PathMTUTests {
  @Test("A path that carries everything is known after one round trip")
  func findsWholePath() {
    var path = SilentPath(maximum: 1500, limit: 1500)
    path.begin()
    #expect(path.machine.current == 1500)
    #expect(path.now == Instant(nanoseconds: 20_000_000))
    #expect(path.probesSent == 2)
    #expect(path.machine.roundTripTime == .milliseconds(20))
  }

  @Test(
    "A path that swallows big packets is measured within a second, to the precision of ESP's padding",
    arguments: 576...1499)
  func findsBlackHole(limit: Int) {
    var path = SilentPath(maximum: 1500, limit: limit)
    path.begin()
    path.run(for: .seconds(1))
    #expect(path.machine.current <= limit)
    #expect(path.machine.current > limit - 4)
    #expect(path.probesSent < 60)
  }

  @Test("A path that narrows is noticed by the next confirmation, one that widens within ten minutes")
  func follows() {
    var path = SilentPath(maximum: 1500, limit: 1500)
    path.begin()
    path.limit = 1400
    path.run(for: .seconds(11))
    #expect((1397...1400).contains(path.machine.current))
    path.limit = 1500
    path.run(for: .seconds(300))
    #expect(path.machine.current <= 1400)
    path.run(for: .seconds(320))
    #expect(path.machine.current == 1500)
  }

  @Test("A peer that answers nothing changes nothing, and is asked seldom")
  func toleratesSilence() {
    var path = SilentPath(maximum: 1500, limit: 1280)
    path.answers = false
    path.begin()
    path.run(for: .seconds(600))
    #expect(path.machine.current == 1500)
    #expect(path.probesSent < 4 * 60)
    path.answers = true
    path.run(for: .seconds(15))
    #expect((1277...1280).contains(path.machine.current))
  }

  @Test("A lost probe is asked for once more before its size counts as too big")
  func repeatsLost() {
    var path = SilentPath(maximum: 1500, limit: 1499)
    path.send(path.machine.begin(at: path.now))
    path.limit = 1500
    path.run(for: .milliseconds(200))
    #expect(path.machine.current == 1500)
  }

  @Test("A router's word holds until a probe proves the contrary")
  func doubtsRouters() {
    var path = SilentPath(maximum: 1500, limit: 1500)
    path.begin()
    let probes = path.machine.tooBig(mtu: 1300, at: path.now)
    #expect(path.machine.current == 1300)
    path.send(probes)
    #expect(path.machine.current == 1500)
    path.limit = 1300
    path.send(path.machine.tooBig(mtu: 1300, at: path.now))
    path.run(for: .seconds(1))
    #expect((1297...1300).contains(path.machine.current))
  }

  @Test("A router's word is forgotten after ten minutes where no probe is answered")
  func forgetsRouters() {
    var path = SilentPath(maximum: 1500, limit: 1500)
    path.answers = false
    path.begin()
    path.run(for: .seconds(5))
    path.send(path.machine.tooBig(mtu: 1300, at: path.now))
    path.run(for: .seconds(500))
    #expect(path.machine.current == 1300)
    path.run(for: .seconds(130))
    #expect(path.machine.current == 1500)
  }

  @Test("What a router cannot mean is no news", arguments: [0, 68, 575, 1500, 9000])
  func ignoresNonsense(mtu: Int) {
    var path = SilentPath(maximum: 1500, limit: 1500)
    path.begin()
    #expect(path.machine.tooBig(mtu: mtu, at: path.now).isEmpty)
    #expect(path.machine.current == 1500)
  }

  @Test("Probes that went out before the peer could receive are repeated when it appears, once")
  func repeatsForPeer() {
    var machine = PathMTU(maximum: 1500, outerFamily: .v4, at: Instant(nanoseconds: 0))
    let first = machine.begin(at: Instant(nanoseconds: 0))
    let second = machine.peerAppeared(at: Instant(nanoseconds: 10))
    #expect(second.map(\.size) == first.map(\.size))
    #expect(machine.peerAppeared(at: Instant(nanoseconds: 20)).isEmpty)
    #expect(machine.answered(number: 99, at: Instant(nanoseconds: 30)).isEmpty)
  }

  @Test("An IPv6 path is never taken for narrower than 1280 bytes")
  func keepsIPv6Minimum() {
    var machine = PathMTU(maximum: 1500, outerFamily: .v6, at: Instant(nanoseconds: 0))
    #expect(machine.begin(at: Instant(nanoseconds: 0)).map(\.size).min() == 1280)
    #expect(machine.tooBig(mtu: 1279, at: Instant(nanoseconds: 0)).isEmpty)
  }
}
