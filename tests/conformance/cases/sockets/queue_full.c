// A datagram queue that is full: EAGAIN, no POLLOUT for who is connected, room when one is taken: unix(7).
// marks: threads
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

static int sender;
static struct gate started;

static void* body(void* argument) {
  (void)argument;
  open_gate(started);
  return (void*)send(sender, "last", 4, 0);
}

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "queue"};
  int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  sender = socket(AF_UNIX, SOCK_DGRAM, 0);
  NEED(bind(receiver, (struct sockaddr*)&address, sizeof address) == 0);
  NEED(connect(sender, (struct sockaddr*)&address, sizeof address) == 0);
  int count = 0;
  while (send(sender, "x", 1, MSG_DONTWAIT) == 1) count++;
  say("%s\n", errno_name(errno));
  CHECK(count >= 5 && count < 2000);
  struct pollfd one = {sender, POLLOUT, 0};
  SHOW(poll(&one, 1, 0));
  int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  SHOW(sendto(other, "y", 1, 0, (struct sockaddr*)&address, sizeof address));
  struct timeval limit = {0, 50000};
  NEED(setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  SHOW(send(sender, "x", 1, 0));
  limit.tv_usec = 0;
  NEED(setsockopt(sender, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  started = make_gate();
  pthread_t thread;
  void* result;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(started);
  nap();
  char text[8] = "";
  SHOW(recv(receiver, text, 8, 0));
  NEED(pthread_join(thread, &result) == 0);
  SHOW((long)result);
  int left = 0;
  while (recv(receiver, text, 8, MSG_DONTWAIT) == 1) left++;
  SHOW(left == count - 1);
  say("%.4s\n", text);
  SHOW(poll(&one, 1, 0));
}
