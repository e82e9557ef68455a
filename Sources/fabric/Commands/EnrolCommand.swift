import ArgumentParser
import ControlProtocol

struct EnrolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrol", abstract: "Lets a gateway's agent in: makes its public key known as a site's.",
    discussion: """
      The key is what 'fabric-agent keygen' prints on the gateway. A site has one key: a new one takes the place of the \
      old one, whose agent is cut off at once.
      """)

  @Argument(help: "The site's name, as in the topology.")
  var site: String
  @Argument(help: "The agent's public key: 40 characters of Z85.")
  var publicKey: String
  @OptionGroup var controller: ControllerOption
  @OptionGroup var output: OutputOption

  func validate() throws {
    guard CurvePublicKey(publicKey) != nil else {
      throw ValidationError("'\(publicKey)' is not a public key of 40 Z85 characters")
    }
  }

  func run() async throws {
    let identity = try await controller.client.enrol(site: site, publicKey: publicKey)
    try output.print(identity) { _ in ["\(site) may connect; the controller's own key is \(identity.publicKey)"] }
  }
}

struct RevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Shuts a site's agent out, at once, and takes its certificates back.",
    discussion: """
      Its peers close the tunnels for which it has proved its identity with a certificate, as soon as they hear of it. \
      Tunnels with preshared keys go on with what their gateways have; a topology without the site closes them too.
      """)

  @Argument(help: "The site's name, as in the topology.")
  var site: String
  @OptionGroup var controller: ControllerOption

  func run() async throws {
    try await controller.client.revoke(site: site)
    print("\(site) may no longer connect, and its certificates are taken back")
  }
}
