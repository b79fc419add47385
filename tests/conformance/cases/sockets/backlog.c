// A full backlog of a unix listener: EAGAIN for who does not wait, who waits gets in after an accept: unix(7).
// marks: threads
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
static struct gate started;

static void* body(void* argument) {
  (void)argument;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  open_gate(started);
  NEED(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
  NEED(send(fd, "late", 4, 0) == 4);
  return NULL;
}

CASE {
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), count = 0;
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 2) == 0);
  for (;; count++) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(fd, (struct sockaddr*)&address, sizeof address) == -1) break;
  }
  say("%d, then %s\n", count, errno_name(errno));
  int limited = socket(AF_UNIX, SOCK_STREAM, 0);
  struct timeval limit = {0, 50000};
  NEED(setsockopt(limited, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  SHOW(connect(limited, (struct sockaddr*)&address, sizeof address));
  started = make_gate();
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(started);
  nap();
  for (int i = 0; i < count; i++) STATUS(accept(listener, NULL, NULL));
  int fd = accept(listener, NULL, NULL);
  char text[8] = "";
  SHOW(recv(fd, text, 8, 0));
  say("%s\n", text);
  NEED(pthread_join(thread, NULL) == 0);
  // Those who wait in the backlog of a listener that ends are reset.
  NEED(connect(limited, (struct sockaddr*)&address, sizeof address) == 0);
  NEED(close(listener) == 0);
  SHOW(recv(limited, text, 8, 0));
  SHOW(recv(limited, text, 8, 0));
  SHOW(send(limited, "x", 1, MSG_NOSIGNAL));
}
