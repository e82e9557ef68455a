#pragma once
#include <stddef.h>
#include <stdint.h>

/// The AEADs of Intel's Multi-Buffer Crypto for IPsec library that Fabric uses, found at run time.
///
/// Neither building nor running needs the library: without its header at build time, or without libIPSec_MB.so.1 of
/// the same version or a suitable processor at run time, every AEAD is reported as missing.

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

#pragma clang assume_nonnull end
