// swift-tools-version:6.2
import PackageDescription

/// Every target of the house is compiled the same way: Swift 6 language mode, warnings are errors.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// OpenSSL 3.0 has no ML-KEM; everything else is its.
let mlkem = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
/// The ciphers that ESP's are compared with.
let referenceCiphers: [Target.Dependency] = [
  .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
]
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A Swift room of the house (DESIGN.md section 4): arrows point only downward.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "fabric",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "fabric", targets: ["fabric"]),
    .executable(name: "fabric-controller", targets: ["fabric-controller"]),
    .executable(name: "fabric-agent", targets: ["fabric-agent"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
  ],
  targets: [
    // Thin C shims.
    .target(name: "CLinux"),
    .target(name: "CIPsecMB"),
    .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Pure cores: no clock, no socket, no log.
    room("WireFormat"),
    room("FabricCrypto", ["WireFormat", "COpenSSL", "CIPsecMB", mlkem]),
    room("Topology", ["WireFormat", .product(name: "Yams", package: "Yams")]),
    room("IKE", ["WireFormat", "FabricCrypto"]),
    room(
      "Certificates",
      [
        "WireFormat", "FabricCrypto", mlkem,
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ]),
    room("ESP", ["WireFormat", "FabricCrypto"]),
    room("Routing", ["WireFormat", "Topology"]),

    // Shells around them.
    room("LinuxNetworking", ["WireFormat", "CLinux"]),
    room("ControlProtocol", ["WireFormat", "Topology", "CZeroMQ"]),
    room(
      "AgentCore",
      [
        "WireFormat", "FabricCrypto", "Certificates", "Topology", "IKE", "ESP", "Routing", "LinuxNetworking",
        "ControlProtocol", logging,
      ]),
    room(
      "ControllerCore",
      [
        "WireFormat", "FabricCrypto", "Certificates", "Topology", "ControlProtocol", "COpenSSL", logging,
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    room("Lab", ["WireFormat", "Topology", "LinuxNetworking", "ControlProtocol"]),

    // Argument parsing and wiring only.
    .executableTarget(
      name: "fabric",
      dependencies: [
        "Topology", "ControlProtocol", "Lab", argumentParser,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
      ], swiftSettings: strict),
    .executableTarget(
      name: "fabric-controller", dependencies: ["ControllerCore", "ControlProtocol", argumentParser, logging],
      swiftSettings: strict),
    .executableTarget(
      name: "fabric-agent", dependencies: ["AgentCore", "ControlProtocol", argumentParser, logging],
      swiftSettings: strict),
    .executableTarget(
      name: "fabric-packet-bench", dependencies: ["ESP", "FabricCrypto", "WireFormat"], swiftSettings: strict),

    .executableTarget(
      name: "fabric-handshake-bench",
      dependencies: ["AgentCore", "IKE", "FabricCrypto", "LinuxNetworking", "WireFormat", argumentParser, logging],
      swiftSettings: strict),

    // Tests mirror Sources/.
    room("FabricTestKit", ["WireFormat", "FabricCrypto"]),
    room("IKESimulation", ["WireFormat", "FabricCrypto", "IKE", "FabricTestKit"]),
    .executableTarget(name: "fabric-simulate", dependencies: ["IKESimulation"], swiftSettings: strict),
    room("ESPReference", ["WireFormat", "FabricCrypto", "ESP"] + referenceCiphers),
    room(
      "FuzzTargets",
      [
        "WireFormat", "FabricCrypto", "Certificates", "IKE", "ESP", "ESPReference", "FabricTestKit", mlkem,
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ]),
    tests("WireFormatTests", ["WireFormat", "FabricTestKit"]),
    tests("FabricCryptoTests", ["FabricCrypto", "FabricTestKit", mlkem]),
    tests("TopologyTests", ["Topology", "FabricTestKit"]),
    tests("CertificatesTests", ["Certificates", "FabricCrypto", "FabricTestKit"]),
    tests("IKETests", ["IKE", "FabricTestKit", "IKESimulation"]),
    tests("ESPTests", ["ESP", "ESPReference", "FabricTestKit"]),
    tests("RoutingTests", ["Routing", "Topology"]),
    tests("LinuxNetworkingTests", ["LinuxNetworking", "FabricTestKit"]),
    tests("ControlProtocolTests", ["ControlProtocol"]),
    tests("AgentCoreTests", ["AgentCore", "Certificates", "ESPReference", "FabricTestKit"]),
    tests(
      "ControllerCoreTests",
      ["ControllerCore", "Certificates", "FabricCrypto", "ControlProtocol", "Topology", "WireFormat"]),
    tests("LabTests", ["Lab", "LinuxNetworking", "Topology"]),
    tests("FabricCommandTests", ["fabric", "ControlProtocol", "Topology"]),
    tests("FuzzTargetsTests", ["FuzzTargets"]),
    tests("IntegrationTests", ["Lab", "LinuxNetworking", "ControlProtocol", "Topology", "FabricTestKit"]),
  ],
  swiftLanguageModes: [.v6]
)

/// The fuzzer links only with `--sanitize fuzzer`, as `make fuzz` builds it.
if Context.environment["FABRIC_FUZZ"] != nil {
  package.targets += [
    .executableTarget(name: "fabric-fuzz", dependencies: ["FuzzTargets"], swiftSettings: strict)
  ]
}
