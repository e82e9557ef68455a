#include "CIPsecMB.h"

#if __has_include(<intel-ipsec-mb.h>)
#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static struct CIPsecMB_AEAD aeads[3];
static bool loaded;

/// Holds pointers to the functions that suit the processor. The ones used here keep no state in it, so that all threads
/// share it.
static IMB_MGR *manager;

static void prepareChaCha20(const void *key, void *preparedKey) { memcpy(preparedKey, key, 32); }

static void sealChaCha20(const void *key, void *context, uint8_t *output, const uint8_t *input, uint64_t count,
                         const uint8_t *nonce, const uint8_t *header, uint64_t headerCount, uint8_t *tag,
                         uint64_t tagCount) {
  manager->chacha20_poly1305_init(key, context, nonce, header, headerCount);
  manager->chacha20_poly1305_enc_update(key, context, output, input, count);
  manager->chacha20_poly1305_finalize(context, tag, tagCount);
}

static void openChaCha20(const void *key, void *context, uint8_t *output, const uint8_t *input, uint64_t count,
                         const uint8_t *nonce, const uint8_t *header, uint64_t headerCount, uint8_t *tag,
                         uint64_t tagCount) {
  manager->chacha20_poly1305_init(key, context, nonce, header, headerCount);
  manager->chacha20_poly1305_dec_update(key, context, output, input, count);
  manager->chacha20_poly1305_finalize(context, tag, tagCount);
}

static struct CIPsecMB_AEAD aesGCM(aes_gcm_pre_t prepare, aes_gcm_enc_dec_t seal, aes_gcm_enc_dec_t open) {
  return (struct CIPsecMB_AEAD){
    .preparedKeySize = sizeof(struct gcm_key_data),
    .contextSize = sizeof(struct gcm_context_data),
    .prepare = (void (*)(const void *, void *))prepare,
    .seal = (CIPsecMB_Process)seal,
    .open = (CIPsecMB_Process)open,
  };
}

static void load(void) {
  void *library = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  __typeof__(&imb_get_version) version = dlsym(library, "imb_get_version");
  __typeof__(&alloc_mb_mgr) allocate = dlsym(library, "alloc_mb_mgr");
  __typeof__(&init_mb_mgr_auto) initialize = dlsym(library, "init_mb_mgr_auto");
  if (version == NULL || allocate == NULL || initialize == NULL) return;
  // The manager's layout changes from one minor version to the next, under the same name of the library.
  if (version() >> 8 != IMB_VERSION_NUM >> 8) return;
  manager = allocate(0);
  if (manager == NULL) return;
  IMB_ARCH architecture = IMB_ARCH_NONE;
  initialize(manager, &architecture);
  if (architecture < IMB_ARCH_SSE) return;
  aeads[CIPsecMB_AES128GCM] = aesGCM(manager->gcm128_pre, manager->gcm128_enc, manager->gcm128_dec);
  aeads[CIPsecMB_AES256GCM] = aesGCM(manager->gcm256_pre, manager->gcm256_enc, manager->gcm256_dec);
  aeads[CIPsecMB_ChaCha20Poly1305] = (struct CIPsecMB_AEAD){
    .preparedKeySize = 32,
    .contextSize = sizeof(struct chacha20_poly1305_context_data),
    .prepare = prepareChaCha20,
    .seal = sealChaCha20,
    .open = openChaCha20,
  };
  loaded = true;
}

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return loaded ? &aeads[algorithm] : NULL;
}

#else

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) { return NULL; }

#endif
