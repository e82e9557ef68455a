import ControlProtocol
import Foundation
import Lab
import Testing

extension IntegrationTests {
  @Suite("A site that is revoked")
  struct RevocationTests {
    @Test("loses the tunnels that certificates have made, without another revision, and no other site loses one")
    func revoked() async throws {
      // Oslo too proves itself by a certificate.
      let text = try String(contentsOfFile: FabricBinary.topology("certificates.yaml"), encoding: .utf8)
        .replacingOccurrences(of: "authentication: psk", with: "authentication: certificate")
      try await RunningLab.with(text: text) { lab in
        let before = try lab.headquarters()
        #expect(before.compactMap(\.ikeSA).count == before.count)
        try lab.fabric("revoke", "berlin", "--controller", LabFiles.controllerSocket)
        try await lab.eventually("no tunnel with berlin, and a cause that says why", within: 20) {
          try lab.headquarters().filter { $0.peerSite == "berlin" }.allSatisfy {
            $0.ikeSA == nil && $0.childSA == nil && $0.fault?.cause.contains("revoked") == true
          }
        }
        let oslo = { (tunnels: [TunnelStatus]) in
          tunnels.filter { $0.peerSite == "oslo" }.compactMap(\.ikeSA?.initiatorSPI)
        }
        try #expect(oslo(lab.headquarters()) == oslo(before))
        try #expect(lab.status().revision == 1)
        try #expect(lab.ping("10.2.0.10", from: "hq-host"))
        try #expect(!lab.ping("10.1.0.10", from: "hq-host", patience: 2))
      }
    }
  }
}

extension RunningLab {
  /// The headquarters' tunnels, as it reports them.
  fileprivate func headquarters() throws -> [TunnelStatus] {
    try status().sites.first { $0.site == "hq" }?.status?.tunnels ?? []
  }
}
