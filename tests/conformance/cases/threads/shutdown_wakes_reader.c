// A thread that blocks in read, accept or poll of a socket is woken when another one shuts it down: shutdown(2).
// marks: threads
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "relatives.h"

static int fd;
static struct gate begun;

static void* reads(void* unused) {
  char byte;
  open_gate(begun);
  SHOW(recv(fd, &byte, 1, 0));
  return unused;
}

static void* accepts(void* unused) {
  open_gate(begun);
  SHOW(accept(fd, NULL, NULL));
  return unused;
}

static void* polls(void* unused) {
  struct pollfd entry = {.fd = fd, .events = POLLIN | POLLRDHUP};
  open_gate(begun);
  SHOW(poll(&entry, 1, -1));
  say("%s%s%s\n", entry.revents & POLLIN ? "in " : "", entry.revents & POLLRDHUP ? "rdhup " : "",
      entry.revents & POLLHUP ? "hup" : "");
  return unused;
}

static void run(void* (*body)(void*), int how) {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  nap();
  NEED(shutdown(fd, how) == 0);
  NEED(pthread_join(thread, NULL) == 0);
}

CASE {
  int pair[2];
  begun = make_gate();
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  fd = pair[0];
  run(reads, SHUT_RD);
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  fd = pair[0];
  run(polls, SHUT_RDWR);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  fd = socket(AF_INET, SOCK_STREAM, 0);
  NEED(fd >= 0 && bind(fd, (struct sockaddr*)&address, sizeof address) == 0 && listen(fd, 1) == 0);
  run(accepts, SHUT_RDWR);
}
