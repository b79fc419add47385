// Four MiB through a pair of sockets, in both directions at once by two processes: socketpair(2).
// marks: fork
#include <sys/socket.h>

#include "relatives.h"

enum { size = 4 << 20 };

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pid_t writer, echo;
  START(echo) {
    static char block[5000];
    ssize_t got;
    close(ends[0]);
    while ((got = read(ends[1], block, sizeof block)) > 0)
      for (ssize_t at = 0; at < got;) at += write(ends[1], block + at, (size_t)(got - at));
  }
  START(writer) {
    close(ends[1]);
    char* data = malloc(size);
    for (int i = 0; i < size; i++) data[i] = (char)(i * 13 / 5);
    for (ssize_t at = 0; at < size;) at += write(ends[0], data + at, (size_t)(size - at));
    NEED(shutdown(ends[0], SHUT_WR) == 0);
  }
  close(ends[1]);
  static char block[7000];
  long position = 0, wrong = 0;
  ssize_t got;
  while ((got = read(ends[0], block, sizeof block)) > 0)
    for (ssize_t i = 0; i < got; i++, position++) wrong += block[i] != (char)(position * 13 / 5);
  reap("writer", writer);
  reap("echo", echo);
  say("%ld bytes, %ld wrong\n", position, wrong);
}
