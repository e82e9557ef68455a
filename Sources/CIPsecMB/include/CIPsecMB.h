#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What Fabric uses of Intel's Multi-Buffer Crypto for IPsec library, found at run time.
///
/// Neither building nor running needs the library: without its header at build time, or without libIPSec_MB.so.1 of
/// the same version or a suitable processor at run time, everything is reported as missing.

enum CIPsecMB_Algorithm {
  CIPsecMB_AES128GCM,
  CIPsecMB_AES256GCM,
  CIPsecMB_ChaCha20Poly1305,
};

#pragma clang assume_nonnull begin

/// Encrypts or decrypts `count` bytes under a 12-byte nonce and writes the tag that the packet must carry; comparing it
/// is the caller's. `context` is scratch space. The library's own type, so that a packet costs one call.
typedef void (*CIPsecMB_Process)(const void *preparedKey, void *context, uint8_t *_Nullable output,
                                 const uint8_t *_Nullable input, uint64_t count, const uint8_t *nonce,
                                 const uint8_t *_Nullable header, uint64_t headerCount, uint8_t *tag,
                                 uint64_t tagCount);

/// An AEAD's functions for this machine's processor. `prepare` makes `preparedKeySize` bytes of a raw key; they and the
/// `contextSize` bytes of the context are aligned to 64.
struct CIPsecMB_AEAD {
  size_t preparedKeySize;
  size_t contextSize;
  void (*prepare)(const void *key, void *preparedKey);
  CIPsecMB_Process seal;
  CIPsecMB_Process open;
};

/// An AEAD of the library; NULL where it is missing.
const struct CIPsecMB_AEAD *_Nullable CIPsecMB_find(enum CIPsecMB_Algorithm algorithm);

enum CIPsecMB_Hash {
  CIPsecMB_SHA256,
  CIPsecMB_SHA384,
  CIPsecMB_SHA512,
};

/// The keys of AES-CBC with an HMAC behind it, prepared; aligned to 16.
struct CIPsecMB_CBCKeys {
  uint32_t encryption[60];
  uint32_t decryption[60];
  uint8_t innerHash[64];
  uint8_t outerHash[64];
  uint64_t keyLength;
  uint64_t tagLength;
  enum CIPsecMB_Hash hash;
};

/// A packet: the IV of 16 bytes stands right before the text, and the tag goes right behind it.
struct CIPsecMB_Packet {
  uint8_t *start;
  uint64_t textOffset;
  uint64_t textLength;
  /// How much is authenticated, from the start on. May reach into where the tag goes.
  uint64_t authenticatedLength;
};

/// Prepares the keys; false where the library is missing. The HMAC key is no longer than a block of the hash.
bool CIPsecMB_prepareCBC(struct CIPsecMB_CBCKeys *keys, const uint8_t *key, uint64_t keyLength, enum CIPsecMB_Hash hash,
                         const uint8_t *hashKey, uint64_t hashKeyLength, uint64_t tagLength);

/// Encrypts the texts in place and writes the tags, several packets side by side in the processor's wide registers; false
/// if that failed for one of them.
bool CIPsecMB_sealCBC(const struct CIPsecMB_CBCKeys *keys, const struct CIPsecMB_Packet *packets, size_t count);

#pragma clang assume_nonnull end
