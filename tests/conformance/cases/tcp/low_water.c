// SO_RCVLOWAT: poll and recv wait for that many bytes, but not beyond the end; data that is there is given: socket(7).
// marks: threads
#include <pthread.h>

#include "net.h"

static int ends[2];
static struct gate go;

static void* sender(void* argument) {
  (void)argument;
  NEED(send(ends[0], "1234", 4, 0) == 4);
  pass_gate(go);
  NEED(send(ends[0], "567890", 6, 0) == 6);
  pass_gate(go);
  NEED(send(ends[0], "end", 3, 0) == 3 && shutdown(ends[0], SHUT_WR) == 0);
  return NULL;
}

CASE {
  tcp_pair(ends);
  go = make_gate();
  SHOW(set_option(ends[1], SOL_SOCKET, SO_RCVLOWAT, 10));
  SHOW(option_of(ends[1], SOL_SOCKET, SO_RCVLOWAT));
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, sender, NULL) == 0);
  int there = 0;
  while (there < 4) {
    nap();
    NEED(ioctl(ends[1], FIONREAD, &there) == 0);
  }
  struct pollfd one = {ends[1], POLLIN, 0};
  SHOW(poll(&one, 1, 0));
  open_gate(go);
  SHOW(poll(&one, 1, 60000));
  char text[16] = "";
  SHOW(recv(ends[1], text, 16, 0));
  open_gate(go);
  SHOW(recv(ends[1], text, 16, 0));
  SHOW(recv(ends[1], text, 16, 0));
  NEED(pthread_join(thread, NULL) == 0);
}
