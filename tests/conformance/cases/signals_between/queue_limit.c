// Real-time signals that are queued for a process are limited by its RLIMIT_SIGPENDING: whoever sends more is told so,
// nothing that was accepted is lost, and kill() has no limit: setrlimit(2), sigqueue(3), signal(7).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

enum { limit = 400, attempts = 1000 };

static int accepted(pid_t pid, int number) {
  int count = 0, others = 0;
  for (int i = 0; i < attempts; ++i) {
    if (sigqueue(pid, number, (union sigval){.sival_int = count}) == 0)
      ++count;
    else
      others += errno != EAGAIN;
  }
  SHOW(count > 0 && count <= limit);
  SHOW(others);
  return count;
}

CASE {
  pid_t child;
  sigset_t set, second;
  int number = SIGRTMIN + 1, in[2], out[2], status = 0, count = 0;
  NEED(sigemptyset(&set) == 0 && sigaddset(&set, number) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  NEED(sigemptyset(&second) == 0 && sigaddset(&second, number + 1) == 0 && sigprocmask(SIG_BLOCK, &second, NULL) == 0);
  NEED(pipe(in) == 0 && pipe(out) == 0);
  START(child) {
    struct rlimit rlimit = {limit, limit};
    struct timespec none = {0, 0};
    siginfo_t info;
    int got = 0, ordered = 1;
    NEED(setrlimit(RLIMIT_SIGPENDING, &rlimit) == 0 && write(out[1], "x", 1) == 1);
    NEED(read(in[0], &status, 1) == 1);
    while (sigtimedwait(&set, &info, &none) == number) ordered = ordered && info.si_value.sival_int == got++;
    SHOW(ordered);
    SHOW(sigtimedwait(&second, &info, &none) == number + 1);
    SHOW(info.si_code);
    SHOW(sigtimedwait(&second, &info, &none));
    NEED(write(out[1], &got, sizeof got) == sizeof got);
    NEED(read(in[0], &status, 1) == 1);
  }
  NEED(read(out[0], &status, 1) == 1);
  count = accepted(child, number);
  SHOW(kill(child, number + 1));
  NEED(write(in[1], "x", 1) == 1);
  NEED(read(out[0], &status, sizeof status) == sizeof status);
  SHOW(status == count);
  say("again\n");
  accepted(child, number);
  NEED(write(in[1], "x", 1) == 1);
  reap("child", child);
}
