#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_enter_network_namespace(int descriptor) { return setns(descriptor, CLONE_NEWNET) < 0 ? -errno : 0; }

int clinux_new_network_namespace(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }

int clinux_become(uint32_t uid, uint32_t gid) {
  // Capabilities outlive the change of user, so that the caller can keep some of them; see clinux_limit_capabilities.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -errno;
  if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) return -errno;
  return 0;
}

int clinux_limit_bounding_set(uint64_t mask) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
    if (mask >> capability & 1) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) return -errno;
  }
  return 0;
}

int clinux_limit_capabilities(uint64_t mask) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  // What is gone already stays gone: a container may have kept some from us.
  mask &= (uint64_t)data[1].permitted << 32 | data[0].permitted;
  for (int half = 0; half < 2; half++) {
    data[half].effective = data[half].permitted = data[half].inheritable = (uint32_t)(mask >> (32 * half));
  }
  if (syscall(SYS_capset, &header, data) < 0) return -errno;
  // What an executed program keeps: exactly the same set.
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -errno;
  for (int capability = 0; capability < 64; capability++) {
    if (!(mask >> capability & 1)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return -errno;
  }
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int clinux_effective_capabilities(uint64_t *mask) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  *mask = (uint64_t)data[1].effective << 32 | data[0].effective;
  return 0;
}
