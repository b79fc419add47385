// connect to paths where nobody listens: missing, plain files, closed and datagram sockets, loops, lengths: connect(2).
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static long try_path(const char* path, int type) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, type, 0);
  NEED(fd >= 0);
  long result = connect(fd, (struct sockaddr*)&address, sizeof address);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

static int bound(const char* path, int type) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, type, 0);
  NEED(bind(fd, (struct sockaddr*)&address, sizeof address) == 0);
  return fd;
}

CASE {
  SHOW(try_path("missing", SOCK_STREAM));
  SHOW(try_path("missing/below", SOCK_STREAM));
  close(file_with("plain", ""));
  SHOW(try_path("plain", SOCK_STREAM));
  SHOW(try_path("plain/below", SOCK_STREAM));
  SHOW(try_path(".", SOCK_STREAM));
  NEED(mkfifo("fifo", 0600) == 0);
  SHOW(try_path("fifo", SOCK_DGRAM));
  NEED(symlink("loop", "loop") == 0);
  SHOW(try_path("loop", SOCK_STREAM));
  int fd = bound("quiet", SOCK_STREAM);
  SHOW(try_path("quiet", SOCK_STREAM));
  NEED(listen(fd, 5) == 0 && symlink("quiet", "way") == 0);
  SHOW(try_path("quiet", SOCK_STREAM));
  SHOW(try_path("way", SOCK_STREAM));
  SHOW(try_path("quiet", SOCK_DGRAM));
  SHOW(try_path("quiet", SOCK_SEQPACKET));
  NEED(rename("quiet", "moved") == 0);
  SHOW(try_path("quiet", SOCK_STREAM));
  SHOW(try_path("moved", SOCK_STREAM));
  NEED(close(fd) == 0);
  SHOW(try_path("moved", SOCK_STREAM));
  bound("letters", SOCK_DGRAM);
  SHOW(try_path("letters", SOCK_STREAM));
  SHOW(try_path("letters", SOCK_DGRAM));
  SHOW(try_path("", SOCK_STREAM));
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "letters"};
  int lone = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(connect(lone, (struct sockaddr*)&address, offsetof(struct sockaddr_un, sun_path)));
  SHOW(connect(lone, (struct sockaddr*)&address, sizeof address + 1));
  SHOW(connect(lone, (struct sockaddr*)&address, 0));
  SHOW(connect(lone, NULL, sizeof address));
  address.sun_family = AF_INET;
  SHOW(connect(lone, (struct sockaddr*)&address, sizeof address));
}
