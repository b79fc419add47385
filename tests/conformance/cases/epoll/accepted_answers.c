// An answer leaves in time, whatever the program does next: computes, ends, closes, forks, writes to a pipe, is killed.
// marks: fork lane
#include <time.h>

#include "accepted.h"

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

enum next { COMPUTE, END, CLOSE, FORK, PIPE, KILL, SHUT, EXEC, KINDS };
static const char* const names[] = {"compute", "end", "close", "fork", "pipe", "kill", "shut", "exec"};

// A server that answers one request and then does this.
static void serve(int listener, enum next what, int pipe_end, volatile int* go_on) {
  int epoll = epoll_create1(0), fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  char text[16];
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  NEED(fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  for (int round = 0; round < 3; round++) {
    NEED(epoll_wait(epoll, &event, 1, 60000) == 1 && read(fd, text, sizeof text) == 5);
    NEED(write(fd, "hello", 5) == 5);
  }
  switch (what) {
    case COMPUTE:
      while (!*go_on) continue;
      break;
    case CLOSE:
      close(fd);
      while (!*go_on) nap();
      break;
    case FORK:
      if (fork() == 0) {
        while (!*go_on) continue;
        _exit(0);
      }
      while (!*go_on) continue;
      break;
    case PIPE:
      NEED(write(pipe_end, "x", 1) == 1);
      while (!*go_on) continue;
      break;
    case KILL:
      raise(SIGKILL);
      break;
    case SHUT:
      shutdown(fd, SHUT_WR);
      NEED(write(fd, "more", 4) == -1 && errno == EPIPE);
      while (!*go_on) nap();
      break;
    case EXEC:
      execl("/bin/sleep", "sleep", "1", NULL);
      break;
    default:
      break;
  }
}

CASE {
  volatile int* go_on = shared_memory(KX_PAGE);
  signal(SIGPIPE, SIG_IGN);
  for (int what = 0; what < KINDS; what++) {
    int listener = tcp_listener(), pipe_ends[2];
    pid_t child;
    NEED(pipe(pipe_ends) == 0);
    *go_on = 0;
    START(child) serve(listener, (enum next)what, pipe_ends[1], go_on);
    int fd = connected_to(listener);
    NEED(set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == 0);
    long long before = now_ms();
    int good = 1;
    for (int round = 0; round < 3; round++) {
      char text[8] = "", byte;
      send_all(fd, "again", 5);
      if (what == PIPE && round == 2) {
        NEED(read(pipe_ends[0], &byte, 1) == 1);
        good = good && recv(fd, text, sizeof text, MSG_DONTWAIT) == 5;
      } else {
        good = good && recv(fd, text, 5, MSG_WAITALL) == 5;
      }
      good = good && memcmp(text, "hello", 5) == 0;
    }
    say("%s: %s, %s\n", names[what], good ? "answered" : "NOT ANSWERED",
        now_ms() - before < 20000 ? "in time" : "LATE");
    *go_on = 1;
    reap(names[what], child);
    NEED(close(fd) == 0 && close(listener) == 0 && close(pipe_ends[0]) == 0 && close(pipe_ends[1]) == 0);
  }
}
