// Owners of files with O_ASYNC: processes, groups and threads; what asks for them; who is told: fcntl(2).
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "relatives.h"

static volatile sig_atomic_t got;
static void count(int number) {
  (void)number;
  got++;
}

static void await(int wanted) {
  for (int i = 0; i < 2000 && got < wanted; i++) nap();
  say("told %d times\n", got);
  got = 0;
}

CASE {
  int pair[2], on = 1, who = 0;
  struct f_owner_ex owner = {F_OWNER_TID, 0};
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  NEED(setpgid(0, 0) == 0 || errno == EPERM);
  handle(SIGIO, count, 0);
  SHOW(fcntl(pair[0], F_GETOWN));
  SHOW(fcntl(pair[0], F_GETSIG));
  SHOW(fcntl(pair[0], F_SETSIG, 65));
  SHOW(fcntl(pair[0], F_SETOWN, 999999));
  SHOW(fcntl(pair[0], F_SETOWN, -999999));
  SHOW(ioctl(pair[0], FIOASYNC, 1L));
  SHOW(ioctl(pair[0], FIOASYNC, &on));
  CHECK((fcntl(pair[0], F_GETFL) & O_ASYNC) != 0);
  SHOW(write(pair[1], "a", 1));
  nap();
  await(0);
  SHOW(fcntl(pair[0], F_SETOWN, getpid()));
  CHECK(fcntl(pair[0], F_GETOWN) == getpid());
  SHOW(write(pair[1], "b", 1));
  await(1);
  who = -getpgrp();
  SHOW(ioctl(pair[0], FIOSETOWN, &who));
  who = 0;
  SHOW(ioctl(pair[0], SIOCGPGRP, &who));
  CHECK(who == -getpgrp());
  SHOW(fcntl(pair[0], F_GETOWN_EX, &owner));
  CHECK(owner.type == F_OWNER_PGRP && owner.pid == getpgrp());
  pid_t pid;
  struct gate ready = make_gate();
  START(pid) {
    open_gate(ready);
    await(1);
  }
  pass_gate(ready);
  SHOW(write(pair[1], "c", 1));
  reap("child", pid);
  await(1);
  owner = (struct f_owner_ex){F_OWNER_TID, gettid()};
  SHOW(fcntl(pair[0], F_SETOWN_EX, &owner));
  SHOW(write(pair[1], "d", 1));
  await(1);
  owner.type = 7;
  SHOW(fcntl(pair[0], F_SETOWN_EX, &owner));
  on = 0;
  SHOW(ioctl(pair[0], FIOASYNC, &on));
  CHECK((fcntl(pair[0], F_GETFL) & O_ASYNC) == 0);
  SHOW(write(pair[1], "e", 1));
  nap();
  await(0);
  const int file = open(".", O_RDONLY);
  SHOW(ioctl(file, FIOASYNC, &on));
  SHOW(ioctl(file, FIOSETOWN, &who));
}
