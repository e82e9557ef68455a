import Foundation
import GRDB

/// The database does not do what it must, in words an operator can act on.
public struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// One sentence.
  public let description: String

  init(_ description: String) { self.description = description }

  init(_ error: DatabaseError) {
    description =
      switch error.resultCode {
      case .SQLITE_FULL: "the controller's disk is full: nothing was changed"
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: "the controller's database is damaged: restore it from a backup"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "the controller's database is locked by another process"
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN: "the controller's database cannot be written"
      default: "the controller's database: \(error.message ?? "error \(error.resultCode.rawValue)")"
      }
  }

  /// Runs database work and renames the library's errors; all others pass.
  static func translating<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw StoreFailure(error)
    } catch is DecodingError {
      throw StoreFailure("the controller's database holds what this version cannot read")
    }
  }
}
