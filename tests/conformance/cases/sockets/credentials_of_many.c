// SCM_CREDENTIALS when several processes send: through one end in turn, by write too, to who waits already, over a
// connection that was inherited, in datagrams and packets: unix(7).
// marks: fork
#include <sys/socket.h>
#include <sys/un.h>

#include "relatives.h"

// The sender of the next message, which is one of `expected`.
static void take(const char* what, int fd, const pid_t* expected, int count) {
  char byte = '-', space[CMSG_SPACE(sizeof(struct ucred))];
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  NEED(recvmsg(fd, &message, 0) == 1);
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  struct ucred sender = {0};
  if (header && header->cmsg_type == SCM_CREDENTIALS) memcpy(&sender, CMSG_DATA(header), sizeof sender);
  say("%s: %c", what, byte);
  for (int i = 0; i < count; i++) {
    if (sender.pid == expected[i]) say(" from %d", i);
  }
  say(", uid %d\n", sender.uid == getuid());
}

static void pass_credentials(int fd) {
  int on = 1;
  NEED(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
}

static void through_a_pair(int type, const char* what) {
  int ends[2];
  NEED(socketpair(AF_UNIX, type, 0, ends) == 0);
  pass_credentials(ends[0]);
  struct gate go[2] = {make_gate(), make_gate()};
  pid_t senders[3] = {0, 0, getpid()};
  for (int i = 0; i < 2; i++) {
    START(senders[i]) {
      for (int turn = 0; turn < 3; turn++) {
        pass_gate(go[i]);
        if (turn == 1) nap();  // the receiver waits
        NEED(turn == 0 ? send(ends[1], "s", 1, 0) == 1 : write(ends[1], "w", 1) == 1);
      }
    }
  }
  for (int turn = 0; turn < 3; turn++) {
    for (int i = 0; i < 2; i++) {
      open_gate(go[i]);
      take(what, ends[0], senders, 3);
    }
    NEED(write(ends[1], "o", 1) == 1);
    take(what, ends[0], senders, 3);
  }
  for (int i = 0; i < 2; i++) reap("sender", senders[i]);
}

static void over_a_connection(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(listener, (struct sockaddr*)&address, sizeof address) == 0 && listen(listener, 5) == 0);
  pass_credentials(listener);
  pid_t* heir = shared_memory(KX_PAGE);
  struct gate taken = make_gate();
  pid_t senders[2];
  START(senders[0]) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    NEED(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
    pid_t child;
    START(child) {
      *heir = getpid();
      NEED(write(fd, "h", 1) == 1);
      pass_gate(taken);
    }
    reap("heir", child);
    NEED(write(fd, "c", 1) == 1);
    pass_gate(taken);
  }
  int fd = accept(listener, NULL, NULL);
  NEED(fd >= 0);
  struct ucred peer;
  socklen_t size = sizeof peer;
  NEED(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0);
  say("connected by 0: %d\n", peer.pid == senders[0]);
  pass_credentials(fd);
  char byte;
  NEED(recv(fd, &byte, 1, MSG_PEEK) == 1);
  senders[1] = *heir;
  take("connection", fd, senders, 2);
  open_gate(taken);
  take("connection", fd, senders, 2);
  open_gate(taken);
  reap("connector", senders[0]);
}

CASE {
  through_a_pair(SOCK_STREAM, "stream");
  through_a_pair(SOCK_DGRAM, "datagram");
  through_a_pair(SOCK_SEQPACKET, "packet");
  over_a_connection();
  int lone = socket(AF_UNIX, SOCK_STREAM, 0), internet = socket(AF_INET, SOCK_STREAM, 0);
  struct ucred peer = {0};
  socklen_t size = sizeof peer;
  SHOW(getsockopt(lone, SOL_SOCKET, SO_PEERCRED, &peer, &size));
  say("nobody: pid %d, uid %d\n", peer.pid, (int)peer.uid);
  SHOW(getsockopt(internet, SOL_SOCKET, SO_PEERCRED, &peer, &size));
  say("nobody: pid %d, uid %d\n", peer.pid, (int)peer.uid);
}
