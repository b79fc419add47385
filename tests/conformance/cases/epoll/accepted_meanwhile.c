// Bytes that come after epoll_wait(2) told of some are read with them, if the program can know of them: by its own
// sending, from a thread, from a child through a pipe and by a signal.
// marks: fork lane
#include <pthread.h>

#include "accepted.h"

static int sender;
static volatile sig_atomic_t told;

static void* send_more(void* unused) {
  send_all(sender, "-thread", 7);
  return unused;
}

static void on_signal(int number) {
  told = number;
}

CASE {
  int epoll = epoll_create1(0), ends[2];
  pthread_t thread;
  pid_t child;
  accepted_pair(epoll, ends);
  sender = ends[0];
  send_all(sender, "first", 5);
  await_ready(epoll, ends[1], 5);
  send_all(sender, "-second", 7);
  show_text("own", ends[1], 32);

  send_all(sender, "first", 5);
  await_ready(epoll, ends[1], 5);
  NEED(pthread_create(&thread, NULL, send_more, NULL) == 0 && pthread_join(thread, NULL) == 0);
  show_text("thread's", ends[1], 32);

  struct gate begin = make_gate(), done = make_gate();
  handle(SIGUSR1, on_signal, SA_RESTART);
  START(child) {
    pass_gate(begin);
    send_all(sender, "-child", 6);
    open_gate(done);
    pass_gate(begin);
    send_all(sender, "-signal", 7);
    kill(getppid(), SIGUSR1);
    pass_gate(begin);
  }
  send_all(sender, "first", 5);
  await_ready(epoll, ends[1], 5);
  open_gate(begin);
  pass_gate(done);
  show_text("child's", ends[1], 32);
  send_all(sender, "first", 5);
  await_ready(epoll, ends[1], 5);
  open_gate(begin);
  while (!told) continue;
  show_text("before a signal", ends[1], 32);
  open_gate(begin);
  reap("child", child);
}
