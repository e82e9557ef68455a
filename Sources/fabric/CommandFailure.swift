import ControlProtocol
import Lab
import LinuxNetworking
import Topology

/// What the exit status of a command means; documented in `fabric --help` and docs/operations.md.
enum CommandStatus: Int32 {
  case failed = 1
  case invalid = 2
  case unreachable = 3
}

/// Why a command stops, and the status that it leaves.
struct CommandFailure: Error, Equatable {
  let status: CommandStatus
  let message: String

  init(_ status: CommandStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The failure that an error of any room means to the operator; nil where the argument parser knows better.
  init?(describing error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let failure as ValidationFailure: self.init(.invalid, failure.description)
    case let failure as API.Failure: self.init(.failed, failure.text)
    case let error as ControllerError: self.init(error.status, error.description)
    case let error as LabError: self.init(.failed, error.description)
    case let error as LinuxError: self.init(.failed, error.description)
    case let error as ProgramError: self.init(.failed, error.description)
    case let error as PrivateFile.Failure: self.init(.failed, "\(error)")
    default: return nil
    }
  }
}

extension API.Failure {
  /// The message and its details, one a line.
  var text: String { ([message] + details).joined(separator: "\n") }
}
