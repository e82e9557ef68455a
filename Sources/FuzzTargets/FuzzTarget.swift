/// Code that reads bytes of somebody who is not trusted, and how a fuzzer's bytes become what it reads.
///
/// A target ends the process where a property does not hold that no input may break; anything else is for the sanitizer
/// and the run time to find. Equal bytes give equal behaviour.
package struct FuzzTarget: Sendable {
  /// What it is called on the command line and as a folder of inputs.
  package let name: String
  /// Inputs to begin with.
  package let seeds: @Sendable () throws -> [[UInt8]]
  /// Makes what one process needs, and returns what takes one input.
  package let prepare: @Sendable () throws -> (UnsafeRawBufferPointer) -> Void

  /// All targets.
  package static let all: [FuzzTarget] = [
    .espInbound, .tunOutbound, .ikeDatagrams, .ikeProtectedPayloads, .ikeFragments, .certificates, .cbor,
  ]
}
