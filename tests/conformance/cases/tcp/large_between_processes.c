// Sixteen MiB in each direction at once between two processes over TCP, by poll and nonblocking sockets: tcp(7).
// marks: fork
#include "net.h"

#define TOTAL (16L << 20)

static void exchange(const char* who, int fd, int seed) {
  static char out[65536], in[65536];
  NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  long sent = 0, received = 0, wrong = 0;
  while (sent < TOTAL || received < TOTAL) {
    struct pollfd one = {fd, (short)((sent < TOTAL ? POLLOUT : 0) | (received < TOTAL ? POLLIN : 0)), 0};
    NEED(poll(&one, 1, 100000) == 1);
    if (one.revents & POLLIN) {
      ssize_t got = recv(fd, in, sizeof in, 0);
      NEED(got > 0 || (got == -1 && errno == EAGAIN));
      for (long i = 0; i < got; i++) wrong += in[i] != (char)((received + i + !seed) % 253);
      received += got > 0 ? got : 0;
    }
    if (one.revents & POLLOUT) {
      long size = TOTAL - sent < (long)sizeof out ? TOTAL - sent : (long)sizeof out;
      for (long i = 0; i < size; i++) out[i] = (char)((sent + i + seed) % 253);
      ssize_t put = send(fd, out, (size_t)size, 0);
      NEED(put > 0 || (put == -1 && errno == EAGAIN));
      sent += put > 0 ? put : 0;
    }
  }
  say("%s: sent %ld, received %ld, wrong %ld\n", who, sent, received, wrong);
}

CASE {
  int ends[2];
  tcp_pair(ends);
  pid_t child;
  START(child) exchange("child", ends[0], 0);
  int out = dup(STDOUT_FILENO), quiet = open("parent", O_RDWR | O_CREAT, 0600);
  NEED(dup2(quiet, STDOUT_FILENO) >= 0);
  exchange("parent", ends[1], 1);
  NEED(dup2(out, STDOUT_FILENO) >= 0);
  reap("child", child);
  char text[100] = "";
  NEED(pread(quiet, text, 99, 0) > 0);
  say("%s", text);
}
