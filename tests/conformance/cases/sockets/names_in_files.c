// Binding to paths: an existing one, a missing directory, too long, without end, sizes, what is made: unix(7).
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static int fresh(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(fd >= 0);
  return fd;
}

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  const socklen_t head = offsetof(struct sockaddr_un, sun_path);
  int fd = fresh();
  SHOW(bind(fd, (struct sockaddr*)&address, sizeof address));
  SHOW(bind(fd, (struct sockaddr*)&address, sizeof address));
  strcpy(address.sun_path, "other");
  SHOW(bind(fd, (struct sockaddr*)&address, sizeof address));
  strcpy(address.sun_path, "socket");
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address));
  struct stat facts;
  NEED(stat("socket", &facts) == 0);
  say("socket %d, mode %o\n", S_ISSOCK(facts.st_mode), facts.st_mode & 07777);
  close(file_with("plain", ""));
  strcpy(address.sun_path, "plain");
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address));
  strcpy(address.sun_path, "missing/socket");
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address));
  strcpy(address.sun_path, "plain/socket");
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address));
  NEED(symlink("nowhere", "link") == 0);
  strcpy(address.sun_path, "link");
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address));
  strcpy(address.sun_path, "ab");
  SHOW(bind(fresh(), (struct sockaddr*)&address, head + 1));
  SHOW(access("a", F_OK));
  SHOW(bind(fresh(), (struct sockaddr*)&address, sizeof address + 1));
  SHOW(bind(fresh(), (struct sockaddr*)&address, 1));
  memset(address.sun_path, 'l', sizeof address.sun_path);
  SHOW(bind(fd = fresh(), (struct sockaddr*)&address, sizeof address));
  char space[256];
  socklen_t size = sizeof space;
  SHOW(getsockname(fd, (struct sockaddr*)space, &size));
  SHOW(size == sizeof address + 1);
  umask(077);
  strcpy(address.sun_path, "private");
  SHOW(bind(fresh(), (struct sockaddr*)&address, head + 8));
  NEED(stat("private", &facts) == 0);
  say("mode %o\n", facts.st_mode & 07777);
  NEED(mkdir("sub", 0755) == 0 && chdir("sub") == 0);
  strcpy(address.sun_path, "../sub/./inner");
  SHOW(bind(fd = fresh(), (struct sockaddr*)&address, sizeof address));
  SHOW(getsockname(fd, (struct sockaddr*)space, &size));
  say("%s\n", space + 2);
}
