#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { maximum_descriptors = 64 };

/// In the child, between fork and exec: only calls that are safe there.
static void become(const struct clinux_process *process, int failure) {
  int sources[maximum_descriptors];
  // The parent blocks signals that it reads from a descriptor; a program expects none blocked and none ignored.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);

  if (process->new_process_group && setpgid(0, 0) < 0) goto failed;
  if (process->network_namespace >= 0 && setns(process->network_namespace, CLONE_NEWNET) < 0) goto failed;
  // First out of the way of the numbers that are about to be overwritten, then into place.
  failure = fcntl(failure, F_DUPFD_CLOEXEC, maximum_descriptors);
  for (unsigned int index = 0; index < process->descriptor_count; index++) {
    sources[index] = fcntl(process->descriptors[index], F_DUPFD_CLOEXEC, maximum_descriptors);
    if (sources[index] < 0) goto failed;
  }
  syscall(SYS_close_range, process->descriptor_count, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
  for (unsigned int index = 0; index < process->descriptor_count; index++) {
    if (dup2(sources[index], (int)index) < 0) goto failed;
  }
  execve(process->path, process->arguments, process->environment);
failed:;
  int error = errno;
  (void)!write(failure, &error, sizeof(error));
  _exit(127);
}

int clinux_spawn(const struct clinux_process *process, int *pidfd) {
  if (process->descriptor_count > maximum_descriptors) return -E2BIG;
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) < 0) return -errno;
  pid_t pid = fork();
  if (pid < 0) {
    int error = errno;
    close(failure[0]);
    close(failure[1]);
    return -error;
  }
  if (pid == 0) become(process, failure[1]);
  close(failure[1]);
  int error = 0;
  // The pipe closes without a word when exec succeeds.
  ssize_t count;
  do count = read(failure[0], &error, sizeof(error));
  while (count < 0 && errno == EINTR);
  close(failure[0]);
  if (count != sizeof(error)) {
    *pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (*pidfd >= 0) return pid;
    error = errno;
    kill(pid, SIGKILL);
  }
  waitpid(pid, NULL, 0);
  return -error;
}

int clinux_pidfd_open(int pid) {
  int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : descriptor;
}

int clinux_pidfd_signal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int clinux_pidfd_reap(int pidfd, int *status) {
  siginfo_t information = {0};
  if (waitid(P_PIDFD, pidfd, &information, WEXITED | WNOHANG) < 0) return -errno;
  if (information.si_pid == 0) return 0;
  *status = information.si_code == CLD_EXITED ? information.si_status : -information.si_status;
  return 1;
}

int clinux_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC) < 0 ? -errno : 0; }

int clinux_memory_file(const char *name) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}
