// Connecting or sending to the name of what is no socket, on whatever mount: ECONNREFUSED. unix(7), connect(2)
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static struct sockaddr_un address_of(const char* path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return address;
}

static void reach(const char* path, const char* what) {
  struct sockaddr_un address = address_of(path);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0), datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
  say("%s\n", what);
  SHOW(connect(stream, (struct sockaddr*)&address, sizeof address));
  SHOW(connect(datagram, (struct sockaddr*)&address, sizeof address));
  SHOW(sendto(datagram, "x", 1, 0, (struct sockaddr*)&address, sizeof address));
  close(stream);
  close(datagram);
}

CASE {
  close(open("file", O_CREAT | O_WRONLY, 0600));
  STATUS(mkfifo("fifo", 0600));
  reach("file", "a file");
  reach("fifo", "a FIFO");
  reach(".", "a directory");
  reach("/usr/bin/env", "a program");
  reach("/usr", "a directory that need not be writable");
  reach("/dev/null", "a device");
}
