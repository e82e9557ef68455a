/// A handshake as strongSwan 5.9.8 saw and logged it (charon, `ike = 4`, `chd = 4`): AES-256-CBC with HMAC-SHA2-256-128,
/// PRF-HMAC-SHA2-256, group 19, PSK, then a rekey of the Child SA with PFS. So the figures are another implementation's.
enum StrongSwanTranscript {
  static let presharedKey = "secret-secret-secret-1234"
  static let initiatorSPI = bytes(
    "d41a9ea3f9b6cb00")
  static let responderSPI = bytes(
    "ee2e929d0f579368")
  static let request = bytes(
    "d41a9ea3f9b6cb0000000000000000002120220800000000000000f0220000300000002c010100040300000c0100000c"
      + "800e0100030000080300000c030000080200000500000008040000132800004800130000a1fd1ff36eef2159e338201f"
      + "aa6d55b4f086c78ddc2e0c1234d8b927c16f41caffcdd97178e9b72be7993f604d50ccc6212609ce547b87bd38de1e49"
      + "eaf35e0b290000247d30b212c1c8f72327606c3ae638675aafc8a273cd4aa2ebab5a018f78210f232900001c00004004"
      + "0db5ca21afa4b312e0cf0ca1194a4dd1c5f14b0a0000001c000040050463f3f5b6ba2c6de30e4aae680afb17da0abd63")
  static let response = bytes(
    "d41a9ea3f9b6cb00ee2e929d0f579368212022200000000000000100220000300000002c010100040300000c0100000c"
      + "800e0100030000080300000c030000080200000500000008040000132800004800130000e8d99202e54b7c4e669ecff8"
      + "d71d44adaeb775854ad28fba82060993ecf7954df34880d5ec06565c27ac3409be5c6148f2effab32730ab6ca0c4169f"
      + "abf7a94429000024e43ef2dc4bf675e2ea24a2e986b014c6da5ece5863cd90c0cbbc3105d966b7372900001c00004004"
      + "aa19fd92c07b99e1b67bf61bcdde5138d711753c2900001c00004005088e706c897e9b7837b552ac10ea78c8b9ee4e04"
      + "29000008000040220000000800004014")
  static let initiatorNonce = bytes(
    "7d30b212c1c8f72327606c3ae638675aafc8a273cd4aa2ebab5a018f78210f23")
  static let responderNonce = bytes(
    "e43ef2dc4bf675e2ea24a2e986b014c6da5ece5863cd90c0cbbc3105d966b737")
  static let sharedSecret = bytes(
    "01945f2936b1b3cd07279d6db94f656fa6512443d65b032e59b539a16a87710a")
  static let seed = bytes(
    "0165dabda90c8db1ecda092f49b470123f42f2906d1b6895a49ad715b3e39f07")
  static let derivation = bytes(
    "e7f49b548d991f6b2079097e0c82ba7e403d877760d5b218ef4f8b369d51b2f2")
  static let initiatorIntegrity = bytes(
    "a403e0bdcd530cdb049855c25262c1c1f7505d34e881cafe2a0360fa494d9761")
  static let responderIntegrity = bytes(
    "7eb8e257737e941548a70b036b29442e9e3467800c9b56455e6e956e1b8292bb")
  static let initiatorEncryption = bytes(
    "17771f77af907ae8eb120502047478523c0b4d97920dccfcd77cf1b78d1a3aac")
  static let responderEncryption = bytes(
    "eb62260faa0cb785ad401c3536353201bebb91c9de563dd134a02f0fcac0a410")
  static let initiatorAuthenticationKey = bytes(
    "59ef670f731a45456f94a48d3d73cc6a90b35bb17e26c42e84bc743a490ce410")
  static let responderAuthenticationKey = bytes(
    "c6df12f4319120bf234ba3e40ccbbe6c721812ee74b911ed990557b2878b9244")
  static let initiatorProof = bytes(
    "264353ecbe73cb3f26e69febc799eacefa105554b16dbe8d263b8995e602ddfe")
  static let responderProof = bytes(
    "c490e87dcd7708646c021a4cf561eb61d1031ca29659f72ca4b9741cf24bf8bc")
  static let childInitiatorEncryption = bytes(
    "a94a35cce1fb2c2143f309e4427f31bf72d17997a57b8ad6c962d048f14afcdf")
  static let childResponderEncryption = bytes(
    "2d41940a3bea4f54278fce6438b2090fb2c9d95e18463fd81c4e696be8e643d2")
  static let childInitiatorIntegrity = bytes(
    "e2f59ad6e39abe8236db3f4d6963d53365db48160ba876149dd7123dfcdbad3f")
  static let childResponderIntegrity = bytes(
    "217326ece64998649a7a0174339ae363663feddf34a03150f0dec10a8205d0d7")
  static let rekeySharedSecret = bytes(
    "f192a650bfc25f18df6fbdda6f4c8723c6ff668abccd0fcbbfba3823d90b7c91")
  static let rekeyInitiatorNonce = bytes(
    "bc1c60fdc562a9f2aa6da95f00de7485c5929f206357d6cacf6dd4a39c582282")
  static let rekeyResponderNonce = bytes(
    "db5c10f9b93896b1409c2a8de61980c57d53e17263eb3d5075f4c37d4f5bf173")
  static let rekeyInitiatorEncryption = bytes(
    "8f3b33275e49c5b0547d93c124798b54d7541d5d90a51dab9638440ef4856760")
  static let rekeyResponderEncryption = bytes(
    "d042c499b5dcdbae83505ae38eb8a94e62b44dd9799afb7490bd873b46e0a59a")
  static let rekeyInitiatorIntegrity = bytes(
    "3ce9466ee12d88d91dee020939f0b99d07ca1e718d5b9dbb322eb9d07b5e7f63")
  static let rekeyResponderIntegrity = bytes(
    "e02f9b8ff50f330f4434f986fb03b21a0a76fb9714d7695e935dbee247dcb655")

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    var digits = hexadecimal[...]
    var bytes: [UInt8] = []
    while let byte = UInt8(digits.prefix(2), radix: 16) {
      bytes.append(byte)
      digits = digits.dropFirst(2)
    }
    return bytes
  }
}
