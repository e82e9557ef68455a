#define _GNU_SOURCE
#include "CLinux.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

static_assert(sizeof(struct clinux_message) == sizeof(struct mmsghdr), "clinux_message mirrors mmsghdr");
static_assert(offsetof(struct clinux_message, length) == offsetof(struct mmsghdr, msg_len), "same layout");

int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count) {
  int received = recvmmsg(socket, (struct mmsghdr *)messages, count, MSG_DONTWAIT, NULL);
  return received < 0 ? -errno : received;
}

int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count) {
  int sent = sendmmsg(socket, (struct mmsghdr *)messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

void clinux_set_segment_size(struct clinux_message *message, void *control, uint16_t size) {
  message->header.msg_control = size > 0 ? control : NULL;
  message->header.msg_controllen = size > 0 ? CMSG_SPACE(sizeof(size)) : 0;
  if (size == 0) return;
  struct cmsghdr *part = control;
  part->cmsg_level = SOL_UDP;
  part->cmsg_type = UDP_SEGMENT;
  part->cmsg_len = CMSG_LEN(sizeof(size));
  memcpy(CMSG_DATA(part), &size, sizeof(size));
}

int clinux_get_segment_size(struct clinux_message *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message->header); part; part = CMSG_NXTHDR(&message->header, part)) {
    if (part->cmsg_level != SOL_UDP || part->cmsg_type != UDP_GRO) continue;
    int size;
    memcpy(&size, CMSG_DATA(part), sizeof(size));
    return size;
  }
  return 0;
}

int clinux_send_with_descriptors(int socket, const void *bytes, size_t count, const int *descriptors,
                                 unsigned int descriptor_count) {
  if (descriptor_count > CLINUX_DESCRIPTORS_PER_MESSAGE) return -E2BIG;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * CLINUX_DESCRIPTORS_PER_MESSAGE)];
  } control;
  struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  if (descriptor_count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptor_count);
    memset(&control, 0, message.msg_controllen);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int) * descriptor_count);
    memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * descriptor_count);
  }
  ssize_t sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : (int)sent;
}

int clinux_receive_with_descriptors(int socket, void *bytes, size_t capacity, int *descriptors,
                                    unsigned int *descriptor_count, bool *truncated) {
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * CLINUX_DESCRIPTORS_PER_MESSAGE)];
  } control;
  struct iovec vector = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
  *descriptor_count = 0;
  ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received < 0) return -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    unsigned int count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(descriptors + *descriptor_count, CMSG_DATA(part), count * sizeof(int));
    *descriptor_count += count;
  }
  *truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  return (int)received;
}
