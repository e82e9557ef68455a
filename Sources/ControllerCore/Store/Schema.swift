import GRDB

/// The database's schema, as the steps that led to it.
///
/// - `revision`: every revision ever applied; the highest number is the current one. `allocations` is what the
///   controller has handed out up to it.
/// - `siteConfiguration`: the compiled configurations of the current revision, so that a restarted controller pushes
///   byte for byte what it had promised, whatever its own version.
/// - `pairSecret`: the pre-shared keys of the current revision's pairs of sites.
/// - `certificate`: what the authority has issued, and what of it was taken back.
/// - `pairPostQuantumKey`: their post-quantum preshared keys.
/// - `pairOSPFKey`: the keys of their OSPF.
/// - `agentKey`: the CURVE key of each enrolled site.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.create(table: "revision") { table in
        table.primaryKey("number", .integer)
        table.column("createdAt", .datetime).notNull()
        table.column("origin", .text).notNull()
        table.column("topology", .text).notNull()
        table.column("digest", .text).notNull()
        table.column("text", .blob).notNull()
        table.column("allocations", .blob).notNull()
      }
      try database.create(table: "siteConfiguration") { table in
        table.primaryKey("site", .text)
        table.column("configuration", .blob).notNull()
      }
      try database.create(table: "pairSecret") { table in
        table.column("first", .text).notNull()
        table.column("second", .text).notNull()
        table.column("secret", .blob).notNull()
        table.primaryKey(["first", "second"])
      }
      try database.create(table: "agentKey") { table in
        table.primaryKey("site", .text)
        table.column("publicKey", .text).notNull().unique()
      }
    }
    migrator.registerMigration("2") { database in
      try database.create(table: "certificate") { table in
        table.primaryKey("serialNumber", .text)
        table.column("site", .text).notNull().indexed()
        table.column("identities", .text).notNull()
        table.column("expiresAt", .datetime).notNull()
        table.column("revokedAt", .datetime)
      }
    }
    migrator.registerMigration("post-quantum preshared keys") { database in
      try database.create(table: "pairPostQuantumKey") { table in
        table.column("first", .text).notNull()
        table.column("second", .text).notNull()
        table.column("secret", .blob).notNull()
        table.primaryKey(["first", "second"])
      }
    }
    migrator.registerMigration("certificates withdrawn") { database in
      try database.alter(table: "certificate") { table in
        table.add(column: "isWithdrawn", .boolean).notNull().defaults(to: false)
      }
    }
    migrator.registerMigration("keys of OSPF") { database in
      try database.create(table: "pairOSPFKey") { table in
        table.column("first", .text).notNull()
        table.column("second", .text).notNull()
        table.column("secret", .blob).notNull()
        table.primaryKey(["first", "second"])
      }
    }
    return migrator
  }
}
