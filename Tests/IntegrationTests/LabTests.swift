import LinuxNetworking
import Testing

extension IntegrationTests {
  @Suite("The lab")
  struct LabTests {
    /// Third parties' gateways, which the lab addresses itself, so that they reach each other without any agent.
    private let gateways: ThirdParties
    private var one: ThirdParties.Partner { gateways.partners[0] }
    private var other: ThirdParties.Partner { gateways.partners[1] }

    init() throws { gateways = try ThirdParties([Suite(), Suite()]) }

    @Test("A second lab is refused while one runs, and the first goes on")
    func secondLab() async throws {
      try await RunningLab.with(text: gateways.topology(), options: ["--no-start"]) { lab in
        let second = try FabricBinary.run(["lab", "up", FabricBinary.topology("two-site.yaml"), "--no-start"])
        #expect(second.status == .exited(1))
        #expect(second.errorOutput.contains("a lab runs already"))
        try #expect(lab.ping(other.address, from: one.name))
      }
    }

    @Test("A line that is cut comes back when it is mended", arguments: [[], ["--silent"]])
    func cutAndMend(options: [String]) async throws {
      try await RunningLab.with(text: gateways.topology(), options: ["--no-start"]) { lab in
        let cut = try FabricBinary.run(["lab", "cut", one.name, "isp"] + options)
        #expect(cut.succeeded)
        try #expect(!lab.ping(other.address, from: one.name, patience: 1))
        try lab.fabric("lab", "mend", one.name, "isp")
        try #expect(lab.ping(other.address, from: one.name))
      }
    }

    @Test("A command runs in the namespace that it names")
    func execute() async throws {
      try await RunningLab.with(text: gateways.topology(), options: ["--no-start"]) { lab in
        try #expect(lab.fabric("lab", "exec", one.name, "--", "ip", "address").contains(one.address))
        let unknown = try FabricBinary.run(["lab", "exec", "nowhere", "--", "true"])
        #expect(unknown.status == .exited(1))
        #expect(unknown.errorOutput.contains("nothing in the lab is called nowhere"))
      }
    }

    @Test("What a killed 'lab up' left is taken down")
    func afterACrash() throws {
      try RunningLab.down()
      try Program("ip", ["netns", "add", "fabric-lab-orphan"]).run()
      let orphan = try ChildProcess(Program("sleep", ["300"], in: NetworkNamespace("fabric-lab-orphan")))
      try RunningLab.down()
      try #expect(orphan.wait(timeout: .seconds(5)) != nil)
      #expect(RunningLab.leftovers() == [])
    }

    @Test("Taking nothing down is no error")
    func nothingToTakeDown() throws {
      try RunningLab.down()
      try RunningLab.down()
    }
  }
}
