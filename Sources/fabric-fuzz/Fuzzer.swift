import Foundation
import FuzzTargets

// libFuzzer brings the program's `main` and calls these two functions.
//
//     fabric-fuzz --target=NAME [option of libFuzzer]… [folder of inputs]…
//     fabric-fuzz --target=NAME --seeds=FOLDER      writes the inputs to begin with
//     fabric-fuzz --targets                         lists the targets

/// Called once, before the first input.
@c(LLVMFuzzerInitialize)
public func initialize(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafePointer<CChar>?>>
) -> CInt {
  do {
    try Command.run(CommandLine.arguments)
    return 0
  } catch {
    print(error)
    exit(1)
  }
}

/// Called with each input.
@c(LLVMFuzzerTestOneInput)
public func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  Command.test(UnsafeRawBufferPointer(start: data, count: size))
  return 0
}
