// Data in a pipe are there for whatever looks at it: poll, select, epoll, FIONREAD, splice, tee, sendfile, a descriptor
// that is passed on or opened anew.
// marks: fork
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "hot.h"

static int ends[2];
static char text[16];

static void fresh(void) {
  NEED(pipe(ends) == 0 && write(ends[1], "content", 7) == 7);
  memset(text, 0, sizeof text);
}

static void rest(const char* what, int fd) {
  const ssize_t got = read(fd, text, sizeof text - 1);
  say("%s: %zd %s\n", what, got, text);
  close(ends[0]), close(ends[1]);
}

static int passed_on(int fd) {
  int sockets[2], number;
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  char control[CMSG_SPACE(sizeof fd)] = {0}, byte = 'b';
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  NEED(sendmsg(sockets[0], &message, 0) == 1);
  NEED(recvmsg(sockets[1], &message, 0) == 1);
  memcpy(&number, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof number);
  close(sockets[0]), close(sockets[1]);
  return number;
}

CASE {
  fresh();
  struct pollfd polled = {ends[0], POLLIN, 0};
  SHOW(poll(&polled, 1, 0));
  rest("poll", ends[0]);

  fresh();
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  struct timeval now = {0, 0};
  SHOW(select(ends[0] + 1, &set, NULL, NULL, &now));
  rest("select", ends[0]);

  fresh();
  const int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
  SHOW(epoll_wait(epoll, &event, 1, 0));
  rest("epoll", ends[0]);

  fresh();
  int count = 0;
  NEED(ioctl(ends[0], FIONREAD, &count) == 0);
  SHOW(count);
  rest("count", ends[0]);

  int other[2];
  NEED(pipe(other) == 0);
  fresh();
  SHOW(tee(ends[0], other[1], 4, 0));
  SHOW(splice(ends[0], NULL, other[1], NULL, 7, 0));
  rest("splice", other[0]);

  fresh();
  const int passed = passed_on(ends[0]);
  rest("passed on", passed);
  close(passed);

  fresh();
  char name[32];
  snprintf(name, sizeof name, "/proc/self/fd/%d", ends[0]);
  const int anew = open(name, O_RDONLY | O_NONBLOCK);
  NEED(anew >= 0);
  rest("opened anew", anew);
  close(anew);

  fresh();
  const int copy = dup(ends[0]);
  close(ends[0]);
  rest("duplicate", copy);
  close(copy);

  fresh();
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 1 << 17));
  rest("larger", ends[0]);

  fresh();
  pid_t child;
  START(child) {
    NEED(read(ends[0], text, 3) == 3);
    say("child: %s\n", text);
  }
  reap("child", child);
  rest("what a child left", ends[0]);
}
