// Workers that watch one listening socket with EPOLLEXCLUSIVE serve all connections among them: epoll_ctl(2).
// marks: fork
#include <netinet/in.h>

#include "readiness.h"

enum { workers = 3, clients = 12 };

CASE {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), stop[2], *served = shared_memory(KX_PAGE);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  NEED(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 64) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  make_pipe(stop);
  pid_t children[workers];
  for (int i = 0; i < workers; i++) START(children[i]) {
      int epoll = make_epoll();
      NEED(close(stop[1]) == 0);
      watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE, 1);
      watch(epoll, stop[0], EPOLLIN, 2);
      for (;;) {
        struct epoll_event event;
        NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
        if (event.data.u32 == 2) _exit(0);
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
          NEED(errno == EAGAIN);
          continue;
        }
        must_write(client, "served");
        NEED(close(client) == 0);
        __atomic_fetch_add(served, 1, __ATOMIC_SEQ_CST);
      }
    }
  for (int i = 0; i < clients; i++) {
    char text[8];
    int client = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(client, (struct sockaddr*)&address, size) == 0);
    NEED(recv(client, text, 6, MSG_WAITALL) == 6 && memcmp(text, "served", 6) == 0);
    NEED(read(client, text, 1) == 0);
    NEED(close(client) == 0);
  }
  NEED(close(stop[1]) == 0);
  for (int i = 0; i < workers; i++) reap("worker", children[i]);
  SHOW(*served);
}
