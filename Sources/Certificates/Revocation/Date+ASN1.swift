import Foundation
import SwiftASN1

/// Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime } (RFC 5280 section 4.1.2.5).
extension Date {
  private static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  init(time node: ASN1Node) throws {
    var parts = DateComponents()
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      (parts.year, parts.month, parts.day) = (time.year, time.month, time.day)
      (parts.hour, parts.minute, parts.second) = (time.hours, time.minutes, time.seconds)
    } else {
      let time = try GeneralizedTime(derEncoded: node)
      (parts.year, parts.month, parts.day) = (time.year, time.month, time.day)
      (parts.hour, parts.minute, parts.second) = (time.hours, time.minutes, time.seconds)
    }
    guard let date = Date.calendar.date(from: parts) else { throw CertificateFault.unreadable("revocation list") }
    self = date
  }

  /// RFC 5280 section 5.1.2.4: UTCTime through the year 2049, then GeneralizedTime.
  func serialize(into serializer: inout DER.Serializer) throws {
    let parts = Date.calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: self)
    let (year, month, day) = (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    let (hours, minutes, seconds) = (parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0)
    if (1950..<2050).contains(year) {
      try serializer.serialize(
        UTCTime(year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds))
    } else {
      try serializer.serialize(
        GeneralizedTime(
          year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds, fractionalSeconds: 0))
    }
  }
}
