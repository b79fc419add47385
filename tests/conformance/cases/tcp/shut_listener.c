// shutdown of a listener wakes who waits in accept and in poll: accept(2), shutdown(2).
// marks: threads
#include <pthread.h>

#include "net.h"

static int listener;
static struct gate started;

static void* acceptor(void* argument) {
  (void)argument;
  open_gate(started);
  return (void*)(long)(accept(listener, NULL, NULL) == -1 ? errno : 0);
}

static void* poller(void* argument) {
  (void)argument;
  struct pollfd one = {listener, POLLIN, 0};
  open_gate(started);
  NEED(poll(&one, 1, 60000) == 1);
  return (void*)(long)one.revents;
}

CASE {
  started = make_gate();
  pthread_t thread;
  void* result;
  listener = tcp_listener();
  NEED(pthread_create(&thread, NULL, acceptor, NULL) == 0);
  pass_gate(started);
  nap();
  SHOW(shutdown(listener, SHUT_RDWR));
  NEED(pthread_join(thread, &result) == 0);
  say("%s\n", errno_name((int)(long)result));
  listener = tcp_listener();
  NEED(pthread_create(&thread, NULL, poller, NULL) == 0);
  pass_gate(started);
  nap();
  SHOW(shutdown(listener, SHUT_RD));
  NEED(pthread_join(thread, &result) == 0);
  say("%lx\n", (long)result);
}
