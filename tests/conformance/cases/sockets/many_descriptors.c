// A message with 253 descriptors, the most there may be, and one with flags of MSG_CMSG_CLOEXEC: unix(7).
#include "pass.h"

CASE {
  int ends[2], fds[253], got[300];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  int file = file_with("file", "text");
  for (int i = 0; i < 253; i++) fds[i] = i % 2 ? file : STDOUT_FILENO;
  SHOW(pass_descriptors(ends[0], fds, 253));
  SHOW(take_descriptors(ends[1], got, 253, 0));
  SHOW(last_flags);
  int distinct = 1, right = 1, closing = 0;
  for (int i = 0; i < 253; i++) {
    struct stat one, other;
    distinct &= i == 0 || got[i] == got[i - 1] + 1;
    NEED(fstat(got[i], &one) == 0 && fstat(fds[i], &other) == 0);
    right &= one.st_ino == other.st_ino && one.st_dev == other.st_dev;
    closing += (fcntl(got[i], F_GETFD) & FD_CLOEXEC) != 0;
    NEED(close(got[i]) == 0);
  }
  SHOW(distinct);
  SHOW(right);
  SHOW(closing);
  SHOW(pass_descriptors(ends[0], fds, 3));
  SHOW(take_descriptors(ends[1], got, 10, MSG_CMSG_CLOEXEC));
  SHOW(last_flags == MSG_CMSG_CLOEXEC);
  for (int i = 0; i < 3; i++) closing += (fcntl(got[i], F_GETFD) & FD_CLOEXEC) != 0;
  SHOW(closing);
  // Without room for any the descriptors are dropped, with room for some the others are.
  SHOW(pass_descriptors(ends[0], fds, 3));
  int next = dup(0);
  close(next);
  SHOW(take_descriptors(ends[1], got, 0, 0));
  SHOW(last_flags == MSG_CTRUNC);
  SHOW(dup(0) == next);
  SHOW(pass_descriptors(ends[0], fds, 0));
  SHOW(take_descriptors(ends[1], got, 3, 0));
}
