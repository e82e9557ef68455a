import Foundation
import LinuxNetworking
import Testing

struct PrivilegesTests {
  /// Runs `body` on a thread of its own, since what it gives up is gone for good.
  private func onOwnThread(_ body: @escaping @Sendable () -> Bool) async -> Bool {
    await withCheckedContinuation { continuation in
      Thread { continuation.resume(returning: body()) }.start()
    }
  }

  @Test("Without capabilities no interface can be created, but open descriptors stay usable", .needsRoot)
  func dropsEverything() async throws {
    let pipe = try FileDescriptor.pipe()
    #expect(
      await onOwnThread {
        guard (try? Privileges.limit(to: [])) != nil, !Privileges.has(.networkAdministration) else { return false }
        return (try? TUNDevice(creating: "vti-test")) == nil && (try? pipe.writing.write([1])) != nil
      })
    #expect(try pipe.reading.read(upTo: 1) == [1])
  }

  @Test("A role keeps the one capability that it is left, and its programs do too", .needsRoot)
  func keepsOne() async {
    #expect(
      await onOwnThread {
        guard (try? Privileges.limit(to: [.networkAdministration])) != nil else { return false }
        let status = (try? Program("cat", ["/proc/self/status"]).run()) ?? ""
        return Privileges.has(.networkAdministration) && !Privileges.has(.rawSockets)
          && status.contains("CapEff:\t0000000000001000") && status.contains("NoNewPrivs:\t1")
      })
  }
}
