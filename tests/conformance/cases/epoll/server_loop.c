// A small server as real ones are: listener, clients, timer, signals, wakeups of a thread and a pipe in one loop:
// epoll(7). marks: threads, fork
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "readiness.h"

enum { on_listener, on_timer, on_signal, on_wakeup, on_pipe, on_client, requests = 20 };
static int wakeup;

static void* helper(void* unused) {
  (void)unused;
  for (int i = 0; i < 10; i++) NEED(eventfd_write(wakeup, 1) == 0);
  return NULL;
}

CASE {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = make_epoll(), ends[2];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 16) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  block_signal(SIGCHLD);
  sigset_t set = set_of(SIGCHLD);
  int signals = signalfd(-1, &set, SFD_NONBLOCK), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  wakeup = eventfd(0, EFD_NONBLOCK);
  make_pipe(ends);
  pid_t child;
  START(child) {
    NEED(close(ends[0]) == 0);
    for (int i = 0; i < requests; i++) {
      char text[16];
      int client = socket(AF_INET, SOCK_STREAM, 0);
      NEED(connect(client, (struct sockaddr*)&address, size) == 0);
      must_write(client, "request");
      NEED(recv(client, text, 7, MSG_WAITALL) == 7 && memcmp(text, "REQUEST", 7) == 0);
      NEED(close(client) == 0);
    }
    must_write(ends[1], "all done");
    _exit(3);
  }
  NEED(close(ends[1]) == 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, helper, NULL) == 0);
  struct itimerspec every = {{0, 1000000}, {0, 1000000}};
  NEED(timerfd_settime(timer, 0, &every, NULL) == 0);
  watch(epoll, listener, EPOLLIN, on_listener);
  watch(epoll, timer, EPOLLIN, on_timer);
  watch(epoll, signals, EPOLLIN, on_signal);
  watch(epoll, wakeup, EPOLLIN | EPOLLET, on_wakeup);
  watch(epoll, ends[0], EPOLLIN, on_pipe);
  int served = 0, ticks = 0, wakeups = 0, piped = 0, children = 0, closed = 0, hang_up = 0;
  while (closed < requests || ticks < 5 || wakeups < 10 || !hang_up || children < 1) {
    struct epoll_event events[4];
    int count = epoll_wait(epoll, events, 4, 60000);
    NEED(count > 0);
    for (int i = 0; i < count; i++) {
      uint64_t data = events[i].data.u64, value;
      struct signalfd_siginfo record;
      char text[64];
      if (data == on_listener) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (client >= 0) watch(epoll, client, EPOLLIN | EPOLLRDHUP, (uint64_t)(on_client + client));
      } else if (data == on_timer) {
        if (read(timer, &value, 8) == 8) ticks += (int)value;
      } else if (data == on_signal) {
        if (read(signals, &record, sizeof record) == sizeof record) children += record.ssi_signo == SIGCHLD;
      } else if (data == on_wakeup) {
        if (read(wakeup, &value, 8) == 8) wakeups += (int)value;
      } else if (data == on_pipe) {
        long got = read(ends[0], text, sizeof text);
        if (got > 0) piped += (int)got;
        if (got == 0) hang_up = control(epoll, EPOLL_CTL_DEL, ends[0], 0, 0) == 0;
      } else {
        int client = (int)data - on_client;
        long got = read(client, text, sizeof text);
        if (got > 0) {
          for (long j = 0; j < got; j++) text[j] = (char)(text[j] - 32);
          NEED(write(client, text, (size_t)got) == got);
          served++;
        } else if (got == 0) {
          NEED(close(client) == 0);
          closed++;
        }
      }
    }
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("served %d closed %d wakeups %d piped %d children %d\n", served, closed, wakeups, piped, children);
  reap("child", child);
}
