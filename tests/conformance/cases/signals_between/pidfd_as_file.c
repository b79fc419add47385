// What a pidfd is as a file: status, flags shared by duplicates, no reading, no mapping: pidfd_open(2).
// marks: fork
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>

#include "relatives.h"

CASE {
  struct gate gate = make_gate();
  pid_t child;
  START(child) pass_gate(gate);
  int fd = pidfd_open(child, 0), copy = dup(fd), second = pidfd_open(child, PIDFD_NONBLOCK);
  NEED(fd >= 0 && copy >= 0 && second >= 0);
  struct stat status;
  SHOW(fstat(fd, &status));
  SHOW(status.st_size);
  struct statx wide;
  SHOW(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &wide));
  char path[64], link[64] = "", byte;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  SHOW(readlink(path, link, sizeof link - 1));
  say("%s\n", link);
  SHOW(fcntl(copy, F_GETFD));
  SHOW(fcntl(copy, F_SETFL, O_NONBLOCK));
  SHOW(fcntl(fd, F_GETFL));
  int off = 0;
  SHOW(ioctl(fd, FIONBIO, &off));
  SHOW(fcntl(copy, F_GETFL));
  SHOW(fcntl(second, F_GETFL));
  SHOW(read(second, &byte, 1));
  SHOW(write(second, &byte, 1));
  struct iovec vector = {&byte, 1};
  SHOW(readv(fd, &vector, 1));
  SHOW(lseek(fd, 0, SEEK_CUR));
  STATUS(mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
  SHOW(ioctl(fd, FIONREAD, &off));
  SHOW(fsync(fd));
  SHOW(openat(fd, "file", O_RDONLY));
  struct epoll_event event = {.events = EPOLLIN};
  SHOW(epoll_ctl(fd, EPOLL_CTL_ADD, gate.reader, &event));
  SHOW(close(fd));
  SHOW(pidfd_send_signal(fd, 0, NULL, 0));
  SHOW(pidfd_send_signal(copy, 0, NULL, 0));
  open_gate(gate);
  reap("child", child);
}
