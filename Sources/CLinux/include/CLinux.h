#ifndef CLINUX_H
#define CLINUX_H

// System calls that Swift cannot reach by itself: variadic ones, GNU extensions, macros.
// Every function does one thing and returns its result (0 or more) or a negated errno.

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

// tun.c
int clinux_tun_open(const char *name, short flags, unsigned int offloads);
int clinux_tun_set_offloads(int descriptor, unsigned int offloads);
int clinux_tun_set_carrier(int descriptor, bool has_carrier);

// sockets.c
/// The layout of `struct mmsghdr`, which needs _GNU_SOURCE.
struct clinux_message {
  struct msghdr header;
  unsigned int length;
};
int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count);
int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count);
/// What goes beside the bytes of a message.
struct clinux_beside {
  uint16_t segment_size;  ///< the datagrams that the message consists of (UDP_SEGMENT, UDP_GRO); 0 if it is one
  uint8_t traffic_class;  ///< DSCP and ECN of the IP header (IP_TOS, IPV6_TCLASS)
};
enum { CLINUX_BESIDE_SPACE = 2 * CMSG_SPACE(sizeof(int)) };  // room for the control messages of the two below
/// Puts it into `control`, where the message is to be sent from; the address in the message tells the IP version.
void clinux_put_beside(struct clinux_message *message, void *control, struct clinux_beside beside);
/// Takes it out of a received message.
struct clinux_beside clinux_take_beside(struct clinux_message *message);
enum { CLINUX_DESCRIPTORS_PER_MESSAGE = 253 };  // SCM_MAX_FD of the kernel
/// What a router, or this system, said of a datagram that was sent.
struct clinux_path_error {
  struct sockaddr_storage destination;  ///< where the datagram was to go
  uint32_t code;                        ///< an errno
  uint32_t mtu;                         ///< with EMSGSIZE: what would have passed, in bytes
  bool is_local;                        ///< whether this system says so itself
};
/// Takes the next from the socket's error queue (IP_RECVERR) and copies what it quotes of the datagram's bytes to
/// `quote`; returns how many those are.
int clinux_take_path_error(int socket, struct clinux_path_error *error, void *quote, size_t capacity);
int clinux_send_with_descriptors(int socket, const void *bytes, size_t count, const int *descriptors,
                                 unsigned int descriptor_count);
/// Sets `*truncated` when the message or its descriptors did not fit (the kernel has closed those that did not).
/// `descriptors` has room for CLINUX_DESCRIPTORS_PER_MESSAGE.
int clinux_receive_with_descriptors(int socket, void *bytes, size_t capacity, int *descriptors,
                                    unsigned int *descriptor_count, bool *truncated);

// events.c
int clinux_epoll_create(void);
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events);
int clinux_epoll_wait(int epoll, struct epoll_event *events, int capacity, int timeout_milliseconds);
int clinux_timer_create(void);
/// Arms the timer for an absolute CLOCK_BOOTTIME; 0 disarms it.
int clinux_timer_arm(int timer, int64_t nanoseconds);
/// Blocks the signals in every thread that the caller starts from here on, and returns a descriptor that reads them.
int clinux_signal_descriptor(const int *signals, unsigned int count);
/// The number of the next pending signal.
int clinux_signal_read(int descriptor);

// processes.c
struct clinux_process {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const int *descriptors;           ///< what the child gets as its descriptors 0, 1, 2, …
  unsigned int descriptor_count;
  int network_namespace;            ///< a descriptor of the namespace to enter, or -1
  bool new_process_group;
};
/// Starts a process and returns its pid; `*pidfd` is a descriptor that becomes readable when it exits.
int clinux_spawn(const struct clinux_process *process, int *pidfd);
int clinux_pidfd_open(int pid);
int clinux_pidfd_signal(int pidfd, int signal);
/// Reaps the process if it has exited: 1 and its exit code or (negated) signal in `*status`; 0 while it runs.
int clinux_pidfd_reap(int pidfd, int *status);
int clinux_pipe(int descriptors[2]);
int clinux_memory_file(const char *name);

// privileges.c
int clinux_enter_network_namespace(int descriptor);
int clinux_new_network_namespace(void);
/// Becomes `uid`/`gid` with no supplementary groups.
int clinux_become(uint32_t uid, uint32_t gid);
/// Takes every capability outside the mask out of the bounding set; needs CAP_SETPCAP.
int clinux_limit_bounding_set(uint64_t mask);
/// Leaves this thread, and what it executes, the capabilities in the mask, for good (PR_SET_NO_NEW_PRIVS).
int clinux_limit_capabilities(uint64_t mask);
/// The effective capabilities of this thread.
int clinux_effective_capabilities(uint64_t *mask);

#endif
