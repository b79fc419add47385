// sendfile to a TCP socket: offset, part of a file, beyond its end, EPIPE, a large file to the last byte: sendfile(2).
// marks: fork
#include <sys/sendfile.h>

#include "net.h"

CASE {
  int ends[2], file = file_with("file", "0123456789");
  tcp_pair(ends);
  signal(SIGPIPE, SIG_IGN);
  off_t offset = 3;
  char text[16] = "";
  SHOW(sendfile(ends[0], file, &offset, 4));
  SHOW(offset);
  SHOW(lseek(file, 0, SEEK_CUR));
  SHOW(recv(ends[1], text, 4, MSG_WAITALL));
  say("%s\n", text);
  SHOW(sendfile(ends[0], file, NULL, 100));
  SHOW(lseek(file, 0, SEEK_CUR));
  SHOW(sendfile(ends[0], file, NULL, 100));
  SHOW(recv(ends[1], text, 10, MSG_WAITALL));
  SHOW(sendfile(file, ends[1], NULL, 1));
  SHOW(sendfile(ends[0], 99, NULL, 1));
  SHOW(sendfile(99, file, NULL, 1));
  int large = file_with("large", "");
  size_t size = 3 << 20;
  unsigned char* data = malloc(size);
  for (size_t i = 0; i < size; i++) data[i] = (unsigned char)(i * 7 + i / 251);
  NEED(write(large, data, size) == (ssize_t)size);
  pid_t child;
  START(child) {
    close(ends[0]);
    unsigned char* got = calloc(1, size);
    SHOW(recv(ends[1], got, size, MSG_WAITALL) == (ssize_t)size);
    SHOW(memcmp(got, data, size));
  }
  offset = 0;
  while ((size_t)offset < size) NEED(sendfile(ends[0], large, &offset, size) > 0);
  reap("reader", child);
  close(ends[1]);
  NEED(send(ends[0], "x", 1, MSG_NOSIGNAL) == 1);
  await(ends[0], POLLERR | POLLHUP);
  offset = 0;
  long result;
  do result = sendfile(ends[0], large, &offset, 1000);
  while (result > 0);
  say("%ld %s\n", result, errno == EPIPE || errno == ECONNRESET ? "EPIPE or ECONNRESET" : errno_name(errno));
}
