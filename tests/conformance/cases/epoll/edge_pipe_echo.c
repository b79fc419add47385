// An edge-triggered relay of 1 MiB from one child's pipe to another's: nothing is lost though pipes fill up: epoll(7).
// marks: fork
#include "readiness.h"

enum { total = 1 << 20 };

CASE {
  static char buffer[10000];
  int source[2], sink[2], epoll = make_epoll();
  pid_t producer, consumer;
  make_pipe(source);
  make_pipe(sink);
  START(producer) {
    static unsigned char bytes[5000];
    long sent = 0;
    NEED(close(source[0]) == 0 && close(sink[0]) == 0 && close(sink[1]) == 0);
    while (sent < total) {
      long size = total - sent < 5000 ? total - sent : 5000;
      for (long i = 0; i < size; i++) bytes[i] = (unsigned char)((sent + i) * 13 + (sent + i) / 256);
      long done = write(source[1], bytes, (size_t)size);
      NEED(done > 0);
      sent += done;
    }
  }
  START(consumer) {
    static unsigned char bytes[7000];
    long seen = 0, wrong = 0, got;
    NEED(close(source[0]) == 0 && close(source[1]) == 0 && close(sink[1]) == 0);
    while ((got = read(sink[0], bytes, sizeof bytes)) > 0)
      for (long i = 0; i < got; i++, seen++) wrong += bytes[i] != (unsigned char)(seen * 13 + seen / 256);
    say("consumer: %ld bytes, %ld wrong\n", seen, wrong);
  }
  NEED(close(source[1]) == 0 && close(sink[0]) == 0);
  set_nonblocking(source[0]);
  set_nonblocking(sink[1]);
  watch(epoll, source[0], EPOLLIN | EPOLLET, 1);
  watch(epoll, sink[1], EPOLLOUT | EPOLLET, 2);
  long held = 0, sent = 0;
  for (int ended_input = 0; !ended_input;) {
    struct epoll_event event;
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1);
    for (;;) {
      if (sent == held) {
        held = read(source[0], buffer, sizeof buffer);
        sent = 0;
        if (held <= 0) {
          NEED(held == 0 || errno == EAGAIN);
          ended_input = held == 0;
          held = 0;
          break;
        }
      }
      long done = write(sink[1], buffer + sent, (size_t)(held - sent));
      if (done < 0) {
        NEED(errno == EAGAIN);
        break;
      }
      sent += done;
    }
  }
  NEED(close(sink[1]) == 0);
  reap("consumer", consumer);
  reap("producer", producer);
}
