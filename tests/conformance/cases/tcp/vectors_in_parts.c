// writev to a nonblocking socket that fills up gives a part; the rest follows from there, nothing twice: writev(2).
// marks: fork
#include "net.h"

#define ROUNDS 40
static char block[8][20000];

CASE {
  int ends[2];
  tcp_pair(ends);
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 20000; j++) block[i][j] = (char)((i * 20000 + j) % 241);
  NEED(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  pid_t child;
  START(child) {
    close(ends[0]);
    static char in[30011];
    long total = 0, wrong = 0;
    ssize_t got;
    while ((got = read(ends[1], in, sizeof in)) > 0) {
      for (ssize_t i = 0; i < got; i++) wrong += in[i] != (char)((total + i) % 160000 % 241);
      total += got;
    }
    say("received %ld, wrong %ld, end %ld\n", total, wrong, (long)got);
  }
  for (int round = 0; round < ROUNDS; round++)
    for (long done = 0; done < 160000;) {
      struct iovec vectors[8];
      int count = 0;
      for (long at = done; at < 160000; at = (at / 20000 + 1) * 20000)
        vectors[count++] = (struct iovec){block[at / 20000] + at % 20000, (size_t)(20000 - at % 20000)};
      ssize_t put = writev(ends[0], vectors, count);
      if (put == -1) {
        NEED(errno == EAGAIN);
        await(ends[0], POLLOUT);
      } else {
        done += put;
      }
    }
  NEED(shutdown(ends[0], SHUT_WR) == 0);
  reap("reader", child);
}
