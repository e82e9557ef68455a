import ArgumentParser
import ControlProtocol
import Foundation

/// Where the controller is.
struct ControllerOption: ParsableArguments {
  @Option(
    name: .customLong("controller"),
    help: "The controller's unix socket. (default: $FABRIC_CONTROLLER, or /run/fabric/controller.sock)")
  var socket: String?

  var client: ControllerClient {
    let environment = ProcessInfo.processInfo.environment["FABRIC_CONTROLLER"]
    return ControllerClient(socket: socket ?? environment ?? "/run/fabric/controller.sock")
  }
}

/// How state is printed.
struct OutputOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(name: .shortAndLong, help: "How to print: for people, or as JSON.")
  var output = Format.text

  /// Prints a value as JSON, or the lines that say it to people.
  func print(_ value: some Encodable, _ lines: (Palette) -> [String]) throws {
    switch output {
    case .text: lines(.standardOutput).forEach { Swift.print($0) }
    case .json: Swift.print(String(decoding: try MessageCoding.encode(value), as: UTF8.self))
    }
  }

  /// Tells people about progress; with JSON that goes to standard error, where it does not disturb the result.
  var report: (String) -> Void {
    switch output {
    case .text:
      { line in
        Swift.print(line); fflush(nil)
      }
    case .json: writeError
    }
  }
}

/// A topology file.
struct TopologyArgument: ParsableArguments {
  @Argument(help: "The topology file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  /// The file's text. Throws where it cannot be read.
  func text() throws -> String {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw CommandFailure(.invalid, "\(file): cannot be read")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw CommandFailure(.invalid, "\(file): is not UTF-8 text")
    }
    return text
  }
}

/// How long to wait: a number of seconds, or one with `ms`, `s`, `m` or `h` behind it.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration
  let defaultValueDescription: String

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let units: [Substring: Int64] = ["": 1000, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
    guard let number = Int64(digits), let unit = units[argument.dropFirst(digits.count)] else { return nil }
    let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    duration = .milliseconds(milliseconds)
    defaultValueDescription = argument
  }

  /// So many seconds.
  static func seconds(_ seconds: Int64) -> DurationArgument {
    DurationArgument(duration: .seconds(seconds), defaultValueDescription: "\(seconds)s")
  }

  private init(duration: Duration, defaultValueDescription: String) {
    self.duration = duration
    self.defaultValueDescription = defaultValueDescription
  }
}
