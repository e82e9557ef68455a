#define _GNU_SOURCE
#include "CLinux.h"

#include <assert.h>
#include <errno.h>
#include <linux/errqueue.h>
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

static void put(struct clinux_message *message, void *control, int level, int type, const void *data, size_t size) {
  struct cmsghdr *part = (struct cmsghdr *)((char *)control + message->header.msg_controllen);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(part), data, size);
  message->header.msg_control = control;
  message->header.msg_controllen += CMSG_SPACE(size);
}

void clinux_put_beside(struct clinux_message *message, void *control, struct clinux_beside beside) {
  message->header.msg_control = NULL;
  message->header.msg_controllen = 0;
  if (beside.segment_size > 0) {
    put(message, control, SOL_UDP, UDP_SEGMENT, &beside.segment_size, sizeof(beside.segment_size));
  }
  if (beside.traffic_class > 0) {
    int value = beside.traffic_class;
    int is_ipv4 = ((struct sockaddr *)message->header.msg_name)->sa_family == AF_INET;
    put(message, control, is_ipv4 ? SOL_IP : SOL_IPV6, is_ipv4 ? IP_TOS : IPV6_TCLASS, &value, sizeof(value));
  }
}

struct clinux_beside clinux_take_beside(struct clinux_message *message) {
  struct clinux_beside beside = {0};
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message->header); part; part = CMSG_NXTHDR(&message->header, part)) {
    int value = 0;
    if (part->cmsg_level == SOL_UDP && part->cmsg_type == UDP_GRO) {
      memcpy(&value, CMSG_DATA(part), sizeof(value));
      beside.segment_size = (uint16_t)value;
    } else if (part->cmsg_level == SOL_IP && part->cmsg_type == IP_TOS) {
      beside.traffic_class = *(uint8_t *)CMSG_DATA(part);
    } else if (part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_TCLASS) {
      memcpy(&value, CMSG_DATA(part), sizeof(value));
      beside.traffic_class = (uint8_t)value;
    }
  }
  return beside;
}

int clinux_take_path_error(int socket, struct clinux_path_error *error, void *quote, size_t capacity) {
  char control[512];
  struct iovec vector = {.iov_base = quote, .iov_len = capacity};
  struct msghdr message = {.msg_name = &error->destination,
                           .msg_namelen = sizeof(error->destination),
                           .msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
  ssize_t received = recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (received < 0) return -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    int is_ipv4 = part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR;
    int is_ipv6 = part->cmsg_level == SOL_IPV6 && part->cmsg_type == IPV6_RECVERR;
    if (!is_ipv4 && !is_ipv6) continue;
    struct sock_extended_err cause;
    memcpy(&cause, CMSG_DATA(part), sizeof(cause));
    error->code = cause.ee_errno;
    error->mtu = cause.ee_info;
    error->is_local = cause.ee_origin == SO_EE_ORIGIN_LOCAL;
  }
  return (int)received;
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
