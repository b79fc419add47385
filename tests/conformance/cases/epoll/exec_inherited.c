// After execve a program finds the list of its epoll as it was; what was closed on exec is gone: epoll(7), execve(2).
// marks: fork
#include "readiness.h"

static void prepare(const char* directory) {
  int ends[2], hidden[2], epoll = make_epoll();
  make_pipe(ends);
  NEED(pipe2(hidden, O_CLOEXEC) == 0);
  watch(epoll, ends[0], EPOLLIN, 1);
  watch(epoll, hidden[0], EPOLLIN, 2);
  must_write(ends[1], "x");
  must_write(hidden[1], "x");
  show_ready("before", epoll);
  NEED(dup2(epoll, 50) == 50);
  execl("/proc/self/exe", "case", directory, (char*)NULL);
  NEED(!"execl");
}

CASE {
  char directory[4096];
  NEED(getcwd(directory, sizeof directory) != NULL);
  if (fcntl(50, F_GETFD) == -1) {
    if (must_fork() == 0) prepare(directory);
    int status;
    NEED(wait(&status) > 0);
    say_status("child", status);
    return;
  }
  show_ready("after", 50);
}
