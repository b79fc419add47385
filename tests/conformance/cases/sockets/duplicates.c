// A thread that waits in recv is woken by data and by shutdown through a duplicate; the end comes with the last:
// close(2). marks: threads
#include <pthread.h>
#include <sys/socket.h>

#include "relatives.h"

static int ends[2];
static struct gate started;

static void* reader(void* argument) {
  char text[8];
  open_gate(started);
  (void)argument;
  return (void*)recv(ends[0], text, sizeof text, 0);
}

CASE {
  for (int round = 0; round < 2; round++) {
    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    started = make_gate();
    pthread_t thread;
    void* result;
    NEED(pthread_create(&thread, NULL, reader, NULL) == 0);
    pass_gate(started);
    nap();
    nap();
    int copy = dup(ends[0]);
    if (round == 0) {
      NEED(send(ends[1], "abc", 3, 0) == 3);
    } else {
      NEED(shutdown(copy, SHUT_RD) == 0);
    }
    NEED(pthread_join(thread, &result) == 0);
    SHOW((long)result);
    NEED(close(ends[0]) == 0);
    char byte;
    SHOW(recv(ends[0], &byte, 1, 0));
    SHOW(send(copy, "x", 1, 0));
    SHOW(recv(ends[1], &byte, 1, 0));
    NEED(close(copy) == 0);
    SHOW(recv(ends[1], &byte, 1, 0));
    SHOW(send(ends[1], "x", 1, MSG_NOSIGNAL));
    NEED(close(ends[1]) == 0);
  }
}
