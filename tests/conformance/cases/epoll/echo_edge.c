// An edge-triggered echo of 1 MiB over a stream: reads and writes until EAGAIN, nothing is lost: epoll(7).
// marks: threads
#include <pthread.h>

#include "readiness.h"

enum { total = 1 << 20 };
static int pair[2];

static void* server(void* unused) {
  static char buffer[20000];
  long held = 0, sent = 0;
  int epoll = make_epoll(), ended = 0;
  (void)unused;
  set_nonblocking(pair[1]);
  watch(epoll, pair[1], EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, 1);
  while (!ended) {
    struct epoll_event event;
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    for (;;) {
      if (sent == held) {
        held = read(pair[1], buffer, sizeof buffer);
        sent = 0;
        if (held <= 0) {
          NEED(held == 0 || errno == EAGAIN);
          ended = held == 0;
          held = 0;
          break;
        }
      }
      long done = send(pair[1], buffer + sent, (size_t)(held - sent), MSG_NOSIGNAL);
      if (done < 0) {
        NEED(errno == EAGAIN);
        break;
      }
      sent += done;
    }
  }
  NEED(close(pair[1]) == 0);
  return NULL;
}

CASE {
  static unsigned char out[total], in[total + 1];
  pthread_t thread;
  long written = 0, got = 0;
  for (long i = 0; i < total; i++) out[i] = (unsigned char)(i * 7 + i / 256);
  make_pair(pair, SOCK_STREAM);
  set_nonblocking(pair[0]);
  NEED(pthread_create(&thread, NULL, server, NULL) == 0);
  while (got < total) {
    struct pollfd entry = {pair[0], (short)(POLLIN | (written < total ? POLLOUT : 0)), 0};
    NEED(poll(&entry, 1, 60000) == 1);
    if (entry.revents & POLLOUT) {
      long done = write(pair[0], out + written, (size_t)(total - written));
      if (done > 0) written += done;
      if (written == total) NEED(shutdown(pair[0], SHUT_WR) == 0);
    }
    if (entry.revents & POLLIN) {
      long done = read(pair[0], in + got, (size_t)(total + 1 - got));
      if (done > 0) got += done;
    }
  }
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(got);
  SHOW(memcmp(in, out, total));
  SHOW(read(pair[0], in, 1));
}
