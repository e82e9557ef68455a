import Testing
import WireFormat

@Suite struct TrafficSelectorTests {
  @Test("the intersection is what both cover, and is the same both ways (RFC 7296 section 2.9)")
  func intersection() throws {
    let wide = try selector(10, 20, ports: 100...200)
    let high = try selector(15, 30, ipProtocol: 17, ports: 150...300)
    let common = try selector(15, 20, ipProtocol: 17, ports: 150...200)
    #expect(wide.intersection(high) == common)
    #expect(high.intersection(wide) == common)
    #expect(wide.intersection(wide) == wide)
    #expect(TrafficSelector.any(.v4).intersection(wide) == wide)
  }

  @Test("ranges that touch in one address or port intersect, ranges one apart do not")
  func edges() throws {
    let left = try selector(10, 20, ports: 100...200)
    #expect(try left.intersection(selector(20, 30, ports: 200...300)) == selector(20, 20, ports: 200...200))
    #expect(try left.intersection(selector(21, 30, ports: 200...300)) == nil)
    #expect(try left.intersection(selector(20, 30, ports: 201...300)) == nil)
  }

  @Test("different protocols and families have nothing in common; protocol 0 is any")
  func protocols() throws {
    #expect(try selector(1, 2, ipProtocol: 6).intersection(selector(1, 2, ipProtocol: 17)) == nil)
    #expect(try selector(1, 2, ipProtocol: 6).intersection(selector(1, 2)) == selector(1, 2, ipProtocol: 6))
    #expect(TrafficSelector.any(.v4).intersection(.any(.v6)) == nil)
  }

  @Test("a range holds its ends and nothing beyond")
  func contains() throws {
    let range = try selector(10, 20)
    #expect([9, 10, 20, 21].map { range.contains(.v4($0)) } == [false, true, true, false])
    #expect(!range.contains(.v6(high: 0, low: 15)))
    #expect(TrafficSelector(IPPrefix(host: .v4(10))).contains(.v4(10)))
  }

  @Test("reversed ranges and mixed families are refused")
  func invalid() {
    #expect(TrafficSelector(firstAddress: .v4(2), lastAddress: .v4(1)) == nil)
    #expect(TrafficSelector(firstAddress: .v4(1), lastAddress: .v6(high: 0, low: 2)) == nil)
    #expect(TrafficSelector(firstAddress: .v4(1), lastAddress: .v4(1)) != nil)
  }

  @Test("only a selector of all addresses, ports and protocols is any")
  func any() throws {
    #expect(TrafficSelector.any(.v4).isAny && TrafficSelector.any(.v6).isAny)
    #expect(try !selector(0, .max, ports: 1...65535).isAny)
    #expect(try !selector(0, .max, ipProtocol: 1).isAny)
    #expect(try !selector(1, .max).isAny)
  }

  private func selector(
    _ first: UInt32, _ last: UInt32, ipProtocol: UInt8 = 0, ports: ClosedRange<UInt16> = 0...65535
  ) throws -> TrafficSelector {
    try #require(
      TrafficSelector(firstAddress: .v4(first), lastAddress: .v4(last), ipProtocol: ipProtocol, ports: ports))
  }
}
