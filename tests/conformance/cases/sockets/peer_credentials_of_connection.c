// Options of unix sockets that servers ask for: SO_PEERCRED sizes and errors, SO_PEERGROUPS, SO_PASSCRED: unix(7).
#include <sys/socket.h>

#include "case.h"

CASE {
  int ends[2], value = -1;
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  struct ucred peer = {-1, 77, 77};
  socklen_t size = sizeof peer;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
  say("size %u, own %d %d %d\n", size, peer.pid == getpid(), peer.uid == geteuid(), peer.gid == getegid());
  peer = (struct ucred){-1, 77, 77};
  size = 4;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
  say("size %u, own %d, untouched %d\n", size, peer.pid == getpid(), peer.uid == 77);
  size = 20;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size));
  SHOW(size);
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, NULL, &size));
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, sizeof peer));
  size = sizeof value;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &value, &size));
  SHOW(value);
  int on = 5;
  SHOW(setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &value, &size));
  SHOW(value);
  gid_t groups[256], own[256];
  size = sizeof groups;
  SHOW(getsockopt(ends[0], SOL_SOCKET, SO_PEERGROUPS, groups, &size));
  int count = getgroups(256, own);
  SHOW((int)(size / sizeof(gid_t)) == count);
  SHOW(memcmp(groups, own, size));
  int lone = socket(AF_UNIX, SOCK_STREAM, 0);
  size = sizeof groups;
  SHOW(getsockopt(lone, SOL_SOCKET, SO_PEERGROUPS, groups, &size));
}
