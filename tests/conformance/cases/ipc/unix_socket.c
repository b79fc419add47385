// A named unix socket in one process: bind, listen, connect, accept, names: unix(7).
// marks: unix_diag
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

CASE {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"}, peer;
  socklen_t size = sizeof peer;
  int listener = SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
  int client = SHOW(socket(AF_UNIX, SOCK_STREAM, 0));
  SHOW(connect(client, (struct sockaddr*)&address, sizeof address));
  SHOW(bind(listener, (struct sockaddr*)&address, sizeof address));
  SHOW(connect(client, (struct sockaddr*)&address, sizeof address));
  SHOW(listen(listener, 3));
  SHOW(connect(client, (struct sockaddr*)&address, sizeof address));
  int server = SHOW(accept4(listener, (struct sockaddr*)&peer, &size, SOCK_CLOEXEC));
  SHOW(size);
  SHOW(write(client, "to the server", 13));
  char buffer[32] = "";
  SHOW(read(server, buffer, sizeof buffer));
  say("%s\n", buffer);
  size = sizeof peer;
  SHOW(getpeername(client, (struct sockaddr*)&peer, &size));
  say("%s\n", peer.sun_path);
  struct ucred credentials;
  size = sizeof credentials;
  SHOW(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
  CHECK(credentials.pid == getpid());
  struct stat status;
  SHOW(stat("socket", &status));
  CHECK(S_ISSOCK(status.st_mode));
  SHOW(bind(server, (struct sockaddr*)&address, sizeof address));
  SHOW(open("socket", O_RDWR));
}
