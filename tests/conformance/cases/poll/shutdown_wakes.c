// Shutting a socket down by another thread wakes poll, read and accept on it: shutdown(2).
// marks: threads
#include <netinet/in.h>
#include <pthread.h>

#include "readiness.h"

static int pair[2], listener;

static void* poller(void* unused) {
  (void)unused;
  show_poll("poll", pair[0], POLLIN, -1);
  return NULL;
}

static void* reader(void* unused) {
  char byte;
  (void)unused;
  SHOW(read(pair[0], &byte, 1));
  return NULL;
}

static void* acceptor(void* unused) {
  (void)unused;
  SHOW(accept(listener, NULL, NULL));
  return NULL;
}

static void* listener_poller(void* unused) {
  (void)unused;
  show_poll("listener", listener, POLLIN, -1);
  return NULL;
}

static void check(void* (*body)(void*), int fd) {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  nap();
  NEED(shutdown(fd, SHUT_RDWR) == 0);
  NEED(pthread_join(thread, NULL) == 0);
}

static void listen_anew(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  listener = socket(AF_INET, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 1) == 0);
}

CASE {
  make_pair(pair, SOCK_STREAM);
  check(poller, pair[0]);
  make_pair(pair, SOCK_STREAM);
  check(reader, pair[0]);
  make_pair(pair, SOCK_STREAM);
  check(poller, pair[1]);
  listen_anew();
  check(acceptor, listener);
  listen_anew();
  check(listener_poller, listener);
}
