import Glibc
import Testing

/// Real gateways in network namespaces, driven by the `fabric` command as an operator drives it. There is one lab on a
/// machine, so one test runs at a time.
@Suite(.serialized, .enabled(if: geteuid() == 0, "network namespaces need root"))
struct IntegrationTests {}
