// The file of a bound unix socket has the mode that umask and fchmod before the bind leave: unix(7), umask(2).
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

static void bound(const char* path, mode_t mask, int mode) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  umask(mask);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (mode >= 0) STATUS(fchmod(fd, (mode_t)mode));
  NEED(bind(fd, (struct sockaddr*)&address, sizeof address) == 0);
  struct stat facts;
  NEED(stat(path, &facts) == 0);
  say("%s: %o\n", path, facts.st_mode & 07777);
  SHOW(chmod(path, 0640));
  NEED(stat(path, &facts) == 0);
  say("%s: %o\n", path, facts.st_mode & 07777);
  close(fd);
}

CASE {
  bound("open", 0, -1);
  bound("usual", 022, -1);
  bound("private", 077, -1);
  bound("odd", 0357, -1);
  bound("chosen", 0, 0600);
}
