import Certificates
import Foundation
import GRDB

/// The authority's books.
extension Store {
  /// Notes a certificate, and takes back all that the site had before: one of them may say what is true no more.
  func record(
    _ issued: CertificationAuthority.Issued, for site: String, identities: [String], at now: Date
  ) throws {
    try write { database in
      try database.execute(
        sql: "UPDATE certificate SET revokedAt = ? WHERE site = ? AND revokedAt IS NULL", arguments: [now, site])
      try database.execute(
        sql: "INSERT INTO certificate (serialNumber, site, identities, expiresAt) VALUES (?,?,?,?)",
        arguments: [issued.serialNumber, site, identities.joined(separator: " "), issued.expires])
    }
  }

  /// Takes back every certificate that says more than this of its site; false if there are none.
  func revokeCertificates(beyond identities: [String: Set<String>], at now: Date) throws -> Bool {
    try write { database in
      let rows = try Row.fetchAll(
        database, sql: "SELECT serialNumber, site, identities FROM certificate WHERE revokedAt IS NULL")
      let wrong = rows.filter { row in
        let certified = Set((row["identities"] as String).split(separator: " ").map(String.init))
        return !certified.isSubset(of: identities[row["site"]] ?? [])
      }
      for row in wrong {
        try database.execute(
          sql: "UPDATE certificate SET revokedAt = ? WHERE serialNumber = ?",
          arguments: [now, row["serialNumber"] as String])
      }
      return !wrong.isEmpty
    }
  }

  /// What was taken back and would be good otherwise (RFC 5280 section 3.3), in order.
  func revokedCertificates(at now: Date) throws -> [CertificationAuthority.Revoked] {
    try read { database in
      try Row.fetchAll(
        database,
        sql:
          "SELECT serialNumber, revokedAt, isWithdrawn FROM certificate "
          + "WHERE revokedAt IS NOT NULL AND expiresAt > ? ORDER BY 2, 1",
        arguments: [now]
      ).map { row in
        CertificationAuthority.Revoked(
          serialNumber: row["serialNumber"], date: row["revokedAt"], isSuperseded: !(row["isWithdrawn"] as Bool))
      }
    }
  }
}
