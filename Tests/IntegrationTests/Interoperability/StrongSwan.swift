import Foundation
import Glibc
import Lab
import LinuxNetworking
import Testing

/// strongSwan as the gateway of a third party: one charon in the gateway's namespace, with a `/run` of its own and its
/// user-space ESP.
struct StrongSwan {
  /// What strongSwan is told of the peer.
  struct Connection {
    var localAddress: String
    var localIdentity, remoteIdentity: String
    var remoteAddress: String
    var localNetwork, remoteNetwork: String
    var presharedKey: String
    var ikeProposal, espProposal: String
    var initiates: Bool
  }

  private let directory: String
  private let connections: Int
  private let charon: ChildProcess

  /// Starts charon in a gateway of the lab and, once it answers, tells it the connections.
  init(in gateway: String, _ connections: Connection...) throws {
    self.connections = connections.count
    directory = "\(LabFiles.directory)/strongswan/\(gateway)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data(Self.settings.utf8).write(to: URL(fileURLWithPath: directory + "/strongswan.conf"))
    let texts = zip(1..., connections).map { $1.text(named: "fabric\($0)") }
    try Data(texts.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: directory + "/swanctl.conf"))
    var program = Program(
      FabricBinary.script("with-private-run"), [directory, "/usr/lib/ipsec/charon"],
      in: NetworkNamespace(LabNames.gateway(gateway)))
    program.environment["STRONGSWAN_CONF"] = "/run/strongswan.conf"  // its own /run is `directory`
    program.standardOutput = try FileDescriptor(path: directory + "/log", flags: O_WRONLY | O_CREAT, mode: 0o600)
    program.standardError = program.standardOutput
    charon = try ChildProcess(program)
    try load()
  }

  private func load() throws {
    for _ in 0..<100 where !FileManager.default.fileExists(atPath: directory + "/charon.vici") { usleep(50_000) }
    try swanctl("--load-all", "--file", directory + "/swanctl.conf")
  }

  /// Runs `swanctl` against this charon. Throws unless it succeeds.
  @discardableResult
  func swanctl(_ arguments: String...) throws -> String {
    let socket = "unix://\(directory)/charon.vici"
    var program = Program("swanctl", arguments + ["--uri", socket])
    program.environment["STRONGSWAN_CONF"] = directory + "/strongswan.conf"
    return try program.run(timeout: .seconds(20))
  }

  /// Whether the Child SA of every connection is installed.
  var isUp: Bool { (try? swanctl("--list-sas").ranges(of: "INSTALLED").count >= connections) == true }

  /// The end of its log, for a test that failed.
  var log: String {
    let text = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
    return "\n== strongSwan \(directory)\n" + text.split(separator: "\n").suffix(25).joined(separator: "\n")
  }

  func stop() throws {
    charon.signal(SIGTERM)
    _ = try charon.wait(timeout: .seconds(10))
  }

  private static let settings = """
    charon {
      load = random nonce aes sha1 sha2 hmac kdf gcm openssl kernel-libipsec kernel-netlink socket-default vici
      install_routes = yes
      retransmit_timeout = 1.0
      retransmit_tries = 8
      filelog {
        stderr { default = 1  ike = 2  cfg = 2 }
      }
    }
    """
}

extension StrongSwan.Connection {
  /// The file for `swanctl --load-all`.
  fileprivate func text(named name: String) -> String {
    """
    connections {
      \(name) {
        version = 2
        local_addrs = \(localAddress)
        remote_addrs = \(remoteAddress)
        proposals = \(ikeProposal)
        encap = yes
        local { auth = psk
                id = \(localIdentity) }
        remote { auth = psk
                 id = \(remoteIdentity) }
        children {
          lan {
            local_ts = \(localNetwork)
            remote_ts = \(remoteNetwork)
            esp_proposals = \(espProposal)
            start_action = \(initiates ? "start" : "none")
          }
        }
      }
    }
    secrets {
      ike-\(name) { id-local = \(localIdentity)
                   id-remote = \(remoteIdentity)
                   secret = 0x\(presharedKey) }
    }
    """
  }
}

extension StrongSwan.Connection {
  /// A partner's side of its link with the hub; behind NAT it opens the conversation.
  init(_ partner: ThirdParties.Partner) {
    self.init(
      localAddress: partner.address, localIdentity: partner.identity, remoteIdentity: ThirdParties.hubIdentity,
      remoteAddress: ThirdParties.hubAddress, localNetwork: partner.network, remoteNetwork: ThirdParties.hubNetwork,
      presharedKey: partner.presharedKey, ikeProposal: partner.suite.ikeProposal,
      espProposal: partner.suite.espProposal, initiates: partner.isBehindNAT)
  }
}

extension ThirdParties.Suite {
  fileprivate var ikeProposal: String {
    switch encryption {
    case .aes256gcm16: "aes256gcm16-prfsha256-\(group)"
    case .aes256: "aes256-sha256-prfsha256-\(group)"
    }
  }

  fileprivate var espProposal: String {
    switch encryption {
    case .aes256gcm16: "aes256gcm16"
    case .aes256: "aes256-sha256"
    }
  }
}
