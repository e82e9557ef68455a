#include "CIPsecMB.h"

#if __has_include(<intel-ipsec-mb.h>)
#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <string.h>

/// Holds pointers to the functions that suit the processor. The ones used here keep no state in it, so that all threads
/// share it.
static IMB_MGR *manager;

static void load(void) {
  void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  __typeof__(&imb_get_version) version = dlsym(library, "imb_get_version");
  __typeof__(&alloc_mb_mgr) allocate = dlsym(library, "alloc_mb_mgr");
  __typeof__(&init_mb_mgr_auto) initialize = dlsym(library, "init_mb_mgr_auto");
  if (version == NULL || allocate == NULL || initialize == NULL) return;
  // The manager's layout changes from one minor version to the next, under the same name of the library.
  if (version() >> 8 != IMB_VERSION_NUM >> 8) return;
  IMB_MGR *allocated = allocate(0);
  if (allocated == NULL) return;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  initialize(allocated, &architecture);
  if (architecture >= IMB_ARCH_SSE) manager = allocated;
}

#define AES_GCM(BITS)                                                                                                  \
  static void prepareAES##BITS(const void *key, void *preparedKey) { manager->gcm##BITS##_pre(key, preparedKey); }     \
  static void sealAES##BITS(const void *preparedKey, void *context, void *text, size_t textCount, const void *nonce,   \
                            const void *header, size_t headerCount, void *tag) {                                       \
    manager->gcm##BITS##_enc(preparedKey, context, text, text, textCount, nonce, header, headerCount, tag, 16);        \
  }                                                                                                                    \
  static void openAES##BITS(const void *preparedKey, void *context, void *text, size_t textCount, const void *nonce,   \
                            const void *header, size_t headerCount, void *tag) {                                       \
    manager->gcm##BITS##_dec(preparedKey, context, text, text, textCount, nonce, header, headerCount, tag, 16);        \
  }

AES_GCM(128)
AES_GCM(256)

static void prepareChaCha20(const void *key, void *preparedKey) { memcpy(preparedKey, key, 32); }

static void sealChaCha20(const void *key, void *context, void *text, size_t textCount, const void *nonce,
                         const void *header, size_t headerCount, void *tag) {
  manager->chacha20_poly1305_init(key, context, nonce, header, headerCount);
  manager->chacha20_poly1305_enc_update(key, context, text, text, textCount);
  manager->chacha20_poly1305_finalize(context, tag, 16);
}

static void openChaCha20(const void *key, void *context, void *text, size_t textCount, const void *nonce,
                         const void *header, size_t headerCount, void *tag) {
  manager->chacha20_poly1305_init(key, context, nonce, header, headerCount);
  manager->chacha20_poly1305_dec_update(key, context, text, text, textCount);
  manager->chacha20_poly1305_finalize(context, tag, 16);
}

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) {
  static const struct CIPsecMB_AEAD aeads[] = {
    [CIPsecMB_AES128GCM] = {sizeof(struct gcm_key_data), sizeof(struct gcm_context_data), prepareAES128, sealAES128,
                            openAES128},
    [CIPsecMB_AES256GCM] = {sizeof(struct gcm_key_data), sizeof(struct gcm_context_data), prepareAES256, sealAES256,
                            openAES256},
    [CIPsecMB_ChaCha20Poly1305] = {32, sizeof(struct chacha20_poly1305_context_data), prepareChaCha20, sealChaCha20,
                                   openChaCha20},
  };
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return manager == NULL ? NULL : &aeads[algorithm];
}

#else

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) { return NULL; }

#endif
