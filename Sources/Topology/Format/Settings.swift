import Foundation
import WireFormat

/// How routing packets can be authenticated.
enum RoutingAuthenticationName: String, CaseIterable { case none, md5 }

/// The routing protocols that the format knows.
enum RoutingProtocolName: String, CaseIterable { case `static`, ospf, bgp, eigrp }

extension Format {
  private static let second = Milliseconds(count: 1000)
  private static let minute = Milliseconds(count: 60_000)
  private static let hour = Milliseconds(count: 3_600_000)
  private static let day = Milliseconds(count: 86_400_000)

  static let ikeLifetime = duration(
    minute...Milliseconds(count: 7 * day.count), bareNumbersAreSeconds: true, example: "86400s")
  static let ipsecLifetime = duration(minute...day, bareNumbersAreSeconds: true, example: "3600s")
  static let dpdInterval = durationOrNever(second...hour, example: "10s")
  static let measurementInterval = durationOrNever(Milliseconds(count: 100)...hour, example: "1s")
  static let bfdInterval = duration(Milliseconds(count: 10)...minute, bareNumbersAreSeconds: false, example: "300ms")
  static let bfdMultiplier = integer("a number", 2...50)
  static let shortcutIdle = duration(Milliseconds(count: 10_000)...day, bareNumbersAreSeconds: true, example: "5m")
  static let livenessInterval = duration(
    Milliseconds(count: 10)...minute, bareNumbersAreSeconds: false, example: "50ms")
  static let livenessMultiplier = integer("a number", 2...50)
  static let latency = duration(Milliseconds(count: 1)...minute, bareNumbersAreSeconds: false, example: "150ms")
  static let holdTime = duration(second...day, bareNumbersAreSeconds: true, example: "30s")
  /// A share in per cent, with one decimal at most.
  static let percentage = ScalarFormat<Double>(
    "a percentage such as 2%", .text(pattern: "^[0-9]{1,2}(\\.[0-9])?%$"),
    read: { text in text.hasSuffix("%") && text.count <= 5 ? Double(text.dropLast()).flatMap { $0 > 0 ? $0 : nil } : nil
    })
  static let replayWindow = integer("a number of packets", 64...4096)
  static let priority = integer("a number", 1...100)
  static let weight = integer("a number", 1...20)
  static let mtu = integer("a number of bytes", 1280...9000)
  static let autonomousSystem = integer("a number", 1...4_294_967_294)

  static let maximumPrefixes = integer("a number", 1...100_000)

  /// A community (RFC 1997).
  static let community = ScalarFormat<String>(
    "a community such as 65000:100", .text(pattern: "^[0-9]{1,5}:[0-9]{1,5}$"),
    read: { text in
      let halves = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0) }
      return halves.count == 2 && halves.allSatisfy { $0 != nil } ? text : nil
    })

  /// A key of TCP's MD5 signature: what FRR takes for one, which Linux limits to 80 bytes.
  static let bgpPassword = ScalarFormat<String>(
    "a password", .text(pattern: "^[!-~]{1,80}$"),
    reading: { text in
      let fits = (1...80).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      return fits ? .success(text) : .failure(Misfit("a BGP password has 1 to 80 letters, digits and signs, no spaces"))
    })

  /// A duration within bounds, or 0.
  private static func durationOrNever(
    _ bounds: ClosedRange<Milliseconds>, example: String
  ) -> ScalarFormat<Milliseconds> {
    ScalarFormat(
      "a duration such as \(example)", .text(pattern: "^[0-9]+(ms|s|m|h|d)?$"),
      reading: { text in
        if Int(text.trimmingSuffix("s")) == 0 { return .success(Milliseconds(count: 0)) }
        return duration(bounds, bareNumbersAreSeconds: true, example: example).read(text)
      })
  }

  /// An authority's certificate in PEM (RFC 7468), as its DER.
  static let certificate = ScalarFormat<[UInt8]>(
    "a certificate in PEM", .text(pattern: nil),
    read: { text in
      let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      guard lines.first == "-----BEGIN CERTIFICATE-----", lines.last == "-----END CERTIFICATE-----",
        let data = Data(base64Encoded: lines.dropFirst().dropLast().joined()), data.first == 0x30, data.count <= 1 << 14
      else { return nil }
      return [UInt8](data)
    })

  /// An OSPF area, as a plain number.
  static let area = ScalarFormat<String>(
    "an OSPF area such as 0 or 0.0.0.1", .text(pattern: "^[0-9]+(\\.[0-9]+){0,3}$"),
    read: { text in
      if let number = UInt32(text) { return String(number) }
      guard case .v4(let number) = IPAddress(text) else { return nil }
      return String(number)
    })

  /// `dhcp` in place of an address.
  static let dhcp = ScalarFormat<Void>("dhcp", .choice(["dhcp"], open: false), read: { $0 == "dhcp" ? () : nil })

  /// `none` in place of a PFS group.
  static let pfsOff = none
  /// `none` in place of tests.
  static let livenessOff = none
  private static let none = ScalarFormat<Void>(
    "none", .choice(["none"], open: false), read: { ["none", "false", "no", "off"].contains($0) ? () : nil })

  /// An identity of IKE: an address or an FQDN (RFC 7296 section 3.5).
  static let identity = ScalarFormat<String>(
    "an FQDN or address", .text(pattern: nil),
    read: { text in
      if IPAddress(text) != nil { return text }
      let fits = (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      return fits ? text : nil
    })
}

extension String {
  /// The text without `suffix`, where it ends with it.
  func trimmingSuffix(_ suffix: String) -> Substring { hasSuffix(suffix) ? dropLast(suffix.count) : self[...] }
}
