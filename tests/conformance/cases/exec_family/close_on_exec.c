// Descriptors with FD_CLOEXEC are closed by exec, the others stay with their offsets: execve(2).
// marks: fork, lane
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "rerun.h"

AGAIN {
  int open_count = 0;
  for (int fd = 3; fd < 100; fd++)
    if (fcntl(fd, F_GETFD) != -1) {
      open_count++;
      say("open: %d\n", fd);
    }
  SHOW(lseek(atoi(words[0]), 0, SEEK_CUR));
  return open_count;
}

CASE {
  pid_t child;
  START(child) {
    for (int fd = 3; fd < 100; fd++) close(fd);
    sigset_t set = set_of(SIGUSR1);
    int ends[2], file = file_with("file", "0123456789");
    NEED(file == 3 && lseek(file, 4, SEEK_SET) == 4);
    NEED(pipe2(ends, O_CLOEXEC) == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    NEED(open("file", O_RDONLY | O_CLOEXEC) >= 0 && eventfd(0, EFD_CLOEXEC) >= 0 && epoll_create1(EPOLL_CLOEXEC) >= 0);
    NEED(signalfd(-1, &set, SFD_CLOEXEC) >= 0 && timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) >= 0);
    NEED(memfd_create("m", MFD_CLOEXEC) >= 0);
    NEED(dup3(file, 30, O_CLOEXEC) == 30 && fcntl(file, F_DUPFD_CLOEXEC, 40) == 40 && dup2(40, 41) == 41);
    NEED(fcntl(file, F_DUPFD, 50) == 50 && fcntl(50, F_SETFD, FD_CLOEXEC) == 0 && dup2(50, 51) == 51);
    NEED(dup2(0, 60) == 60 && fcntl(60, F_SETFD, FD_CLOEXEC) == 0 && fcntl(60, F_SETFD, 0) == 0);
    rerun("3", NULL);
  }
  reap("child", child);
}
