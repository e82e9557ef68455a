#include "CIPsecMB.h"

#if __has_include(<intel-ipsec-mb.h>)
#include <dlfcn.h>
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static struct CIPsecMB_AEAD aeads[3];
static bool loaded;
static __typeof__(&alloc_mb_mgr) allocate;
static __typeof__(&init_mb_mgr_auto) initialize;

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
  allocate = dlsym(library, "alloc_mb_mgr");
  initialize = dlsym(library, "init_mb_mgr_auto");
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

static bool isLoaded(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return loaded;
}

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) {
  return isLoaded() ? &aeads[algorithm] : NULL;
}

// The hashes of the key's two blocks, with which every HMAC begins (RFC 2104 section 4).
static void hashKeyBlock(uint8_t pad, enum CIPsecMB_Hash hash, const uint8_t *key, uint64_t length, uint8_t *output) {
  uint8_t block[128];
  memset(block, pad, sizeof(block));
  for (uint64_t index = 0; index < length && index < sizeof(block); index++) block[index] ^= key[index];
  if (hash == CIPsecMB_SHA256) manager->sha256_one_block(block, output);
  if (hash == CIPsecMB_SHA384) manager->sha384_one_block(block, output);
  if (hash == CIPsecMB_SHA512) manager->sha512_one_block(block, output);
  explicit_bzero(block, sizeof(block));
}

bool CIPsecMB_prepareCBC(struct CIPsecMB_CBCKeys *keys, const uint8_t *key, uint64_t keyLength, enum CIPsecMB_Hash hash,
                         const uint8_t *hashKey, uint64_t hashKeyLength, uint64_t tagLength) {
  if (!isLoaded()) return false;
  (keyLength == 16 ? manager->keyexp_128 : manager->keyexp_256)(key, keys->encryption, keys->decryption);
  hashKeyBlock(0x36, hash, hashKey, hashKeyLength, keys->innerHash);
  hashKeyBlock(0x5c, hash, hashKey, hashKeyLength, keys->outerHash);
  keys->keyLength = keyLength;
  keys->tagLength = tagLength;
  keys->hash = hash;
  return true;
}

/// Packets in work are the manager's state, so that each thread needs one of its own.
static IMB_MGR *managerOfThread(void) {
  static _Thread_local IMB_MGR *own;
  if (own == NULL && isLoaded() && (own = allocate(0)) != NULL) initialize(own, NULL);
  return own;
}

static void describe(IMB_JOB *job, const struct CIPsecMB_CBCKeys *keys, const struct CIPsecMB_Packet *packet) {
  static const IMB_HASH_ALG hashes[] = {IMB_AUTH_HMAC_SHA_256, IMB_AUTH_HMAC_SHA_384, IMB_AUTH_HMAC_SHA_512};
  uint8_t *text = packet->start + packet->textOffset;
  memset(job, 0, sizeof(*job));
  job->cipher_mode = IMB_CIPHER_CBC;
  job->cipher_direction = IMB_DIR_ENCRYPT;
  job->chain_order = IMB_ORDER_CIPHER_HASH;
  job->enc_keys = keys->encryption;
  job->dec_keys = keys->decryption;
  job->key_len_in_bytes = keys->keyLength;
  job->src = packet->start;
  job->dst = text;
  job->cipher_start_src_offset_in_bytes = packet->textOffset;
  job->msg_len_to_cipher_in_bytes = packet->textLength;
  job->iv = text - 16;
  job->iv_len_in_bytes = 16;
  job->hash_alg = hashes[keys->hash];
  job->msg_len_to_hash_in_bytes = packet->authenticatedLength;
  job->auth_tag_output = text + packet->textLength;
  job->auth_tag_output_len_in_bytes = keys->tagLength;
  job->u.HMAC._hashed_auth_key_xor_ipad = keys->innerHash;
  job->u.HMAC._hashed_auth_key_xor_opad = keys->outerHash;
}

bool CIPsecMB_sealCBC(const struct CIPsecMB_CBCKeys *keys, const struct CIPsecMB_Packet *packets, size_t count) {
  IMB_MGR *own = managerOfThread();
  if (own == NULL) return false;
  size_t sealed = 0;
  for (size_t index = 0; index < count; index++) {
    describe(own->get_next_job(own), keys, &packets[index]);
    for (IMB_JOB *job = own->submit_job(own); job != NULL; job = own->get_completed_job(own))
      sealed += job->status == IMB_STATUS_COMPLETED;
  }
  for (IMB_JOB *job = own->flush_job(own); job != NULL; job = own->flush_job(own))
    sealed += job->status == IMB_STATUS_COMPLETED;
  return sealed == count;
}

#else

const struct CIPsecMB_AEAD *CIPsecMB_find(enum CIPsecMB_Algorithm algorithm) { return NULL; }

bool CIPsecMB_prepareCBC(struct CIPsecMB_CBCKeys *keys, const uint8_t *key, uint64_t keyLength, enum CIPsecMB_Hash hash,
                         const uint8_t *hashKey, uint64_t hashKeyLength, uint64_t tagLength) {
  return false;
}

bool CIPsecMB_sealCBC(const struct CIPsecMB_CBCKeys *keys, const struct CIPsecMB_Packet *packets, size_t count) {
  return false;
}

#endif
