import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("Lines that come and go at random")
  struct FlipTests {
    @Test("never send a packet in circles, twice or in clear text, and leave everything as it was")
    func flips() throws {
      try RunningLab.down()
      let script = FabricBinary.script("flips")
      let flips = try Program("python3", [script, "--fabric", FabricBinary.path, "--times", "20", "--seed", "5"])
        .runAndCapture(timeout: .seconds(400))
      print(flips.output)
      #expect(flips.succeeded, "\(flips.testDescription)")
      try RunningLab.down()
      #expect(RunningLab.leftovers() == [])
    }
  }
}
