/// The Notify Message Type field (RFC 7296 section 3.10.1).
struct NotifyType: RawRepresentable, Hashable {
  let rawValue: UInt16

  /// Types below this one are errors, the others status.
  var isError: Bool { rawValue < 16384 }

  static let unsupportedCriticalPayload = NotifyType(rawValue: 1)
  static let invalidIKESPI = NotifyType(rawValue: 4)
  static let invalidMajorVersion = NotifyType(rawValue: 5)
  static let invalidSyntax = NotifyType(rawValue: 7)
  static let invalidMessageID = NotifyType(rawValue: 9)
  static let invalidSPI = NotifyType(rawValue: 11)
  static let noProposalChosen = NotifyType(rawValue: 14)
  static let invalidKeyExchange = NotifyType(rawValue: 17)
  static let authenticationFailed = NotifyType(rawValue: 24)
  static let singlePairRequired = NotifyType(rawValue: 34)
  static let noAdditionalSAs = NotifyType(rawValue: 35)
  static let internalAddressFailure = NotifyType(rawValue: 36)
  static let failedCPRequired = NotifyType(rawValue: 37)
  static let trafficSelectorsUnacceptable = NotifyType(rawValue: 38)
  static let invalidSelectors = NotifyType(rawValue: 39)
  static let temporaryFailure = NotifyType(rawValue: 43)
  static let unacceptableAddresses = NotifyType(rawValue: 40)
  static let unexpectedNATDetected = NotifyType(rawValue: 41)
  static let childSANotFound = NotifyType(rawValue: 44)
  static let stateNotFound = NotifyType(rawValue: 47)

  static let initialContact = NotifyType(rawValue: 16384)
  static let natDetectionSourceIP = NotifyType(rawValue: 16388)
  static let natDetectionDestinationIP = NotifyType(rawValue: 16389)
  static let cookie = NotifyType(rawValue: 16390)
  static let useTransportMode = NotifyType(rawValue: 16391)
  static let rekeySA = NotifyType(rawValue: 16393)
  static let signatureHashAlgorithms = NotifyType(rawValue: 16431)
  static let trafficFlowConfidentialityPaddingNotSupported = NotifyType(rawValue: 16394)
  static let nonFirstFragmentsAlso = NotifyType(rawValue: 16395)
  static let mobikeSupported = NotifyType(rawValue: 16396)
  static let additionalIPv4Address = NotifyType(rawValue: 16397)
  static let additionalIPv6Address = NotifyType(rawValue: 16398)
  static let noAdditionalAddresses = NotifyType(rawValue: 16399)
  static let updateSAAddresses = NotifyType(rawValue: 16400)
  static let cookie2 = NotifyType(rawValue: 16401)
  static let noNATsAllowed = NotifyType(rawValue: 16402)
  static let redirectSupported = NotifyType(rawValue: 16406)
  static let redirect = NotifyType(rawValue: 16407)
  static let redirectedFrom = NotifyType(rawValue: 16408)
  static let ticketLifetimeAndOpaque = NotifyType(rawValue: 16409)
  static let ticketRequest = NotifyType(rawValue: 16410)
  static let ticketRefused = NotifyType(rawValue: 16412)
  static let ticket = NotifyType(rawValue: 16413)
  static let childlessSupported = NotifyType(rawValue: 16418)
  static let crashToken = NotifyType(rawValue: 16419)
  static let usePPK = NotifyType(rawValue: 16435)
  static let ppkIdentity = NotifyType(rawValue: 16436)
  static let noPPKAuthentication = NotifyType(rawValue: 16437)
  static let intermediateExchangeSupported = NotifyType(rawValue: 16438)
  static let additionalKeyExchange = NotifyType(rawValue: 16441)
  static let fragmentationSupported = NotifyType(rawValue: 16430)
}

extension NotifyType: CustomStringConvertible {
  private static let names: [NotifyType: String] = [
    .unsupportedCriticalPayload: "UNSUPPORTED_CRITICAL_PAYLOAD", .invalidIKESPI: "INVALID_IKE_SPI",
    .invalidMajorVersion: "INVALID_MAJOR_VERSION", .invalidSyntax: "INVALID_SYNTAX",
    .invalidMessageID: "INVALID_MESSAGE_ID", .invalidSPI: "INVALID_SPI", .noProposalChosen: "NO_PROPOSAL_CHOSEN",
    .invalidKeyExchange: "INVALID_KE_PAYLOAD", .authenticationFailed: "AUTHENTICATION_FAILED",
    .singlePairRequired: "SINGLE_PAIR_REQUIRED", .noAdditionalSAs: "NO_ADDITIONAL_SAS",
    .internalAddressFailure: "INTERNAL_ADDRESS_FAILURE", .failedCPRequired: "FAILED_CP_REQUIRED",
    .trafficSelectorsUnacceptable: "TS_UNACCEPTABLE", .invalidSelectors: "INVALID_SELECTORS",
    .temporaryFailure: "TEMPORARY_FAILURE", .childSANotFound: "CHILD_SA_NOT_FOUND", .stateNotFound: "STATE_NOT_FOUND",
    .initialContact: "INITIAL_CONTACT", .natDetectionSourceIP: "NAT_DETECTION_SOURCE_IP",
    .natDetectionDestinationIP: "NAT_DETECTION_DESTINATION_IP", .cookie: "COOKIE",
    .useTransportMode: "USE_TRANSPORT_MODE", .rekeySA: "REKEY_SA",
    .signatureHashAlgorithms: "SIGNATURE_HASH_ALGORITHMS",
    .trafficFlowConfidentialityPaddingNotSupported: "ESP_TFC_PADDING_NOT_SUPPORTED",
    .nonFirstFragmentsAlso: "NON_FIRST_FRAGMENTS_ALSO", .childlessSupported: "CHILDLESS_IKEV2_SUPPORTED",
    .redirectSupported: "REDIRECT_SUPPORTED", .redirect: "REDIRECT", .redirectedFrom: "REDIRECTED_FROM",
    .ticketLifetimeAndOpaque: "TICKET_LT_OPAQUE", .ticketRequest: "TICKET_REQUEST", .ticketRefused: "TICKET_NACK",
    .ticket: "TICKET_OPAQUE", .crashToken: "QCD_TOKEN", .usePPK: "USE_PPK", .ppkIdentity: "PPK_IDENTITY",
    .noPPKAuthentication: "NO_PPK_AUTH",
    .intermediateExchangeSupported: "INTERMEDIATE_EXCHANGE_SUPPORTED",
    .additionalKeyExchange: "ADDITIONAL_KEY_EXCHANGE",
    .fragmentationSupported: "IKEV2_FRAGMENTATION_SUPPORTED",
    .unacceptableAddresses: "UNACCEPTABLE_ADDRESSES", .unexpectedNATDetected: "UNEXPECTED_NAT_DETECTED",
    .mobikeSupported: "MOBIKE_SUPPORTED", .additionalIPv4Address: "ADDITIONAL_IP4_ADDRESS",
    .additionalIPv6Address: "ADDITIONAL_IP6_ADDRESS", .noAdditionalAddresses: "NO_ADDITIONAL_ADDRESSES",
    .updateSAAddresses: "UPDATE_SA_ADDRESSES", .cookie2: "COOKIE2", .noNATsAllowed: "NO_NATS_ALLOWED",
  ]

  /// The RFC's name, or the number of a type that Fabric does not know.
  var description: String { NotifyType.names[self] ?? "notify \(rawValue)" }
}
