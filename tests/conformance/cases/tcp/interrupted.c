// accept, recv, send and connect interrupted by a signal: EINTR without SA_RESTART or with a time limit: signal(7).
// marks: threads
#include <pthread.h>

#include "net.h"

static volatile sig_atomic_t handled;
static struct gate about;
static pthread_t main_thread;
static volatile int done;
static char block[1 << 16];

static void on_signal(int number) {
  (void)number;
  handled = 1;
}

// Signals the main thread again and again until its call is over, so that none is missed.
static void* nuisance(void* argument) {
  (void)argument;
  for (;;) {
    pass_gate(about);
    if (done == 2) return NULL;
    while (!done) {
      pthread_kill(main_thread, SIGUSR1);
      nap();
    }
  }
}

#define INTERRUPTED(expression)   \
  do {                            \
    done = handled = 0;           \
    open_gate(about);             \
    SHOW(expression);             \
    done = 1;                     \
    say("handled %d\n", handled); \
    nap();                        \
  } while (0)

// What has been taken in part is told; the next call finds no room.
static long fill_by_send(int fd) {
  long result;
  do result = send(fd, block, sizeof block, 0);
  while (result > 0);
  return result;
}

static long fill_by_write(int fd) {
  long result;
  do result = write(fd, block, sizeof block);
  while (result > 0);
  return result;
}

CASE {
  int ends[2], listener = tcp_listener();
  char byte;
  tcp_pair(ends);
  about = make_gate();
  main_thread = pthread_self();
  handle(SIGUSR1, on_signal, 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, nuisance, NULL) == 0);
  INTERRUPTED(accept(listener, NULL, NULL));
  INTERRUPTED(recv(ends[0], &byte, 1, 0));
  INTERRUPTED(read(ends[0], &byte, 1));
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  INTERRUPTED(recvmsg(ends[0], &message, MSG_WAITALL));
  INTERRUPTED(fill_by_send(ends[0]));
  INTERRUPTED(fill_by_write(ends[0]));
  // A time limit makes the calls end with EINTR even with SA_RESTART.
  handle(SIGUSR1, on_signal, SA_RESTART);
  struct timeval limit = {25, 0};
  NEED(setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  INTERRUPTED(recv(ends[0], &byte, 1, 0));
  INTERRUPTED(accept(listener, NULL, NULL));
  done = 2;
  open_gate(about);
  NEED(pthread_join(thread, NULL) == 0);
}
