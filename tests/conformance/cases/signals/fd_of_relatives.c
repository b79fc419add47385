// A child sees to its parent's descriptor, and one that has ended is told nothing; hang-up and accept: fcntl(2), socket(7).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "relatives.h"

static volatile sig_atomic_t got, code, band_in;
static void on_signal(int number, siginfo_t* info, void* unused) {
  (void)number, (void)unused;
  code = info->si_code;
  band_in = (info->si_band & 1) != 0;
  got = info->si_fd + 1;
}

static void await(int fd) {
  for (int i = 0; i < 2000 && got == 0; i++) nap();
  say("%s, code %d, %d\n", got - 1 == fd ? "told" : "NOT TOLD", code, band_in);
  got = 0;
}

static void watch(int fd) {
  NEED(fcntl(fd, F_SETSIG, SIGRTMIN + 1) == 0 && fcntl(fd, F_SETOWN, getpid()) == 0);
  NEED(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0);
}

CASE {
  int ends[2];
  handle_info(SIGRTMIN + 1, on_signal, 0);
  NEED(pipe(ends) == 0);
  watch(ends[0]);
  pid_t pid;
  START(pid) NEED(write(ends[1], "x", 1) == 1);
  reap("writer", pid);
  await(ends[0]);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  NEED(bind(listener, (struct sockaddr*)&at, sizeof at) == 0 && listen(listener, 5) == 0);
  NEED(getsockname(listener, (struct sockaddr*)&at, &size) == 0);
  watch(listener);
  START(pid) {
    const int to = socket(AF_INET, SOCK_STREAM, 0);
    NEED(connect(to, (struct sockaddr*)&at, sizeof at) == 0);
  }
  reap("client", pid);
  await(listener);
  int other[2];
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
  struct gate set = make_gate();
  START(pid) {
    watch(other[0]);
    open_gate(set);
    close(other[1]);
    for (;;) pause();
  }
  pass_gate(set);
  NEED(kill(pid, SIGKILL) == 0);
  reap("owner", pid);
  SHOW(write(other[1], "x", 1));
  SHOW(fcntl(other[0], F_GETOWN));
  say("%d\n", got);
}
