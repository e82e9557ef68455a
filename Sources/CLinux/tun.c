#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int clinux_tun_open(const char *name, short flags, unsigned int offloads) {
  struct {
    char name[16];
    short flags;
    char padding[22];
  } request = {.flags = flags};
  strncpy(request.name, name, sizeof(request.name) - 1);
  int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  if (ioctl(descriptor, TUNSETIFF, &request) < 0 || ioctl(descriptor, TUNSETOFFLOAD, offloads) < 0) {
    int error = errno;
    close(descriptor);
    return -error;
  }
  return descriptor;
}

int clinux_tun_set_offloads(int descriptor, unsigned int offloads) {
  return ioctl(descriptor, TUNSETOFFLOAD, offloads) < 0 ? -errno : 0;
}

int clinux_tun_set_carrier(int descriptor, bool has_carrier) {
  int carrier = has_carrier;
  return ioctl(descriptor, TUNSETCARRIER, &carrier) < 0 ? -errno : 0;
}
