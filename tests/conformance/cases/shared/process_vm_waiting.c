// A process is read and written while it waits in one system call or another, which goes on as if nothing had been:
// process_vm_readv(2).
// marks: fork
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <time.h>

#include "relatives.h"

enum way {
  by_read,
  by_poll,
  by_select,
  by_epoll,
  by_signal,
  by_suspend,
  by_futex,
  by_wait,
  by_sleep,
  by_clock,
  by_loop,
  ways
};
static const char* const names[] = {"read",  "poll",    "select",    "epoll_wait",      "sigtimedwait", "sigsuspend",
                                    "futex", "waitpid", "nanosleep", "clock_nanosleep", "loop"};
static uint32_t* words;
static volatile int value;
static struct gate go;

static void on_signal(int number) {
  (void)number;
}

static long wait_by(enum way way, long* ms) {
  struct pollfd entry = {go.reader, POLLIN, 0};
  struct epoll_event event = {.events = EPOLLIN};
  struct timespec time = {0, 100000000}, start, end;
  fd_set readers;
  sigset_t none = set_of(SIGUSR1);
  char byte;
  long result = -1;
  clock_gettime(CLOCK_MONOTONIC, &start);
  errno = 0;
  switch (way) {
    case by_read:
      result = read(go.reader, &byte, 1);
      break;
    case by_poll:
      result = poll(&entry, 1, -1);
      break;
    case by_select:
      FD_ZERO(&readers);
      FD_SET(go.reader, &readers);
      result = select(go.reader + 1, &readers, NULL, NULL, NULL);
      break;
    case by_epoll: {
      int set = epoll_create1(0);
      NEED(epoll_ctl(set, EPOLL_CTL_ADD, go.reader, &event) == 0);
      result = epoll_wait(set, &event, 1, -1);
      break;
    }
    case by_signal:
      result = sigtimedwait(&none, NULL, NULL) == SIGUSR1;
      break;
    case by_suspend:
      sigdelset(&none, SIGUSR1);
      result = sigsuspend(&none);
      break;
    case by_futex:
      result = syscall(SYS_futex, words, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 || errno == EAGAIN;
      errno = 0;
      break;
    case by_wait: {
      pid_t child;
      START(child) pass_gate(go);
      result = waitpid(child, NULL, 0) == child;
      break;
    }
    case by_sleep:
      result = nanosleep(&time, NULL);
      break;
    case by_clock:
      result = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
      break;
    default:
      while (value != 2) continue;
      result = 0;
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  *ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
  return result;
}

CASE {
  words = shared_memory(KX_PAGE);
  struct gate ready = make_gate(), end = make_gate();
  block_signal(SIGUSR1);
  handle(SIGUSR1, on_signal, 0);
  for (enum way way = by_read; way < ways; way++) {
    go = make_gate();
    words[0] = 0;
    value = 0;
    pid_t child;
    START(child) {
      value = 1;
      open_gate(ready);
      long ms, result = wait_by(way, &ms);
      int error = errno;
      pass_gate(end);
      say("%s: %ld %s, value %d\n", names[way], result, errno_name(error), value);
      if (way == by_sleep || way == by_clock) CHECK(ms >= 100);
    }
    pass_gate(ready);
    int got = 0, given = 2;
    struct iovec local = {&got, sizeof got}, remote = {(void*)&value, sizeof value};
    for (int i = 0; i < 3; i++) {
      nap();
      NEED(process_vm_readv(child, &local, 1, &remote, 1, 0) == sizeof got);
    }
    say("read %d\n", got);
    local.iov_base = &given;
    NEED(process_vm_writev(child, &local, 1, &remote, 1, 0) == sizeof got);
    open_gate(go);
    words[0] = 1;
    syscall(SYS_futex, words, FUTEX_WAKE, 1, NULL, NULL, 0);
    kill(child, SIGUSR1);
    open_gate(end);
    NEED(ended(child) == 0);
  }
}
