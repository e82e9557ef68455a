import COpenSSL
import WireFormat

/// The data of NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP (RFC 7296 section 2.23).
///
/// SHA-1 is what the RFC prescribes here, and nowhere else does Fabric use it: the hash protects nothing, it only shows
/// whether an address or port was rewritten on the way.
public enum NATDetectionHash {
  /// `SHA-1(SPIi | SPIr | IP | Port)`, 20 bytes, everything in network byte order.
  public static func of(initiatorSPI: IKESPI, responderSPI: IKESPI, endpoint: Endpoint) -> [UInt8] {
    var input = ByteWriter(capacity: 34)
    input.write(initiatorSPI.rawValue)
    input.write(responderSPI.rawValue)
    input.write(endpoint.address.bytes)
    input.write(endpoint.port)
    return [UInt8](unsafeUninitializedCapacity: 20) { output, initializedCount in
      let result = EVP_Digest(input.bytes, input.count, output.baseAddress, nil, EVP_sha1(), nil)
      precondition(result == 1, "SHA-1 over a few bytes cannot fail")
      initializedCount = 20
    }
  }
}
