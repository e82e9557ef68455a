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

/// An AEAD's functions for this machine's processor.
///
/// `prepare` makes `preparedKeySize` bytes of a raw key. `seal` and `open` work on `text` in place under a 12-byte nonce
/// and write the 16-byte tag that the packet must carry; comparing it is the caller's. `context` is scratch space of
/// `contextSize` bytes. Prepared key and context are aligned to 64.
struct CIPsecMB_AEAD {
  size_t preparedKeySize;
  size_t contextSize;
  void (*prepare)(const void *key, void *preparedKey);
  void (*seal)(const void *preparedKey, void *context, void *_Nullable text, size_t textCount, const void *nonce,
               const void *_Nullable header, size_t headerCount, void *tag);
  void (*open)(const void *preparedKey, void *context, void *_Nullable text, size_t textCount, const void *nonce,
               const void *_Nullable header, size_t headerCount, void *tag);
};

/// An AEAD of the library; NULL where it is missing.
const struct CIPsecMB_AEAD *_Nullable CIPsecMB_find(enum CIPsecMB_Algorithm algorithm);

#pragma clang assume_nonnull end
