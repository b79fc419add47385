// Attributes of posix_spawn: process group, session, signal mask, default signals: posix_spawnattr_init(3).
// marks: fork
#include <spawn.h>

#include "rerun.h"

static void on_signal(int number) {
  (void)number;
}

AGAIN {
  sigset_t mask;
  struct sigaction one, two;
  NEED(sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigaction(SIGUSR1, NULL, &one) == 0 &&
       sigaction(SIGUSR2, NULL, &two) == 0);
  say("%s: leads group %d, leads session %d, SIGTERM blocked %d, ignored %d %d\n", words[0], getpgrp() == getpid(),
      getsid(0) == getpid(), sigismember(&mask, SIGTERM), one.sa_handler == SIG_IGN, two.sa_handler == SIG_IGN);
  return 0;
}

static void spawn(const char* name, short flags) {
  posix_spawnattr_t attributes;
  sigset_t mask = set_of(SIGTERM), defaults = set_of(SIGUSR1);
  NEED(posix_spawnattr_init(&attributes) == 0 && posix_spawnattr_setflags(&attributes, flags) == 0);
  NEED(posix_spawnattr_setpgroup(&attributes, 0) == 0 && posix_spawnattr_setsigmask(&attributes, &mask) == 0);
  NEED(posix_spawnattr_setsigdefault(&attributes, &defaults) == 0);
  char* words[] = {own_words[0], own_words[1], (char*)name, NULL};
  pid_t child;
  NEED(posix_spawn(&child, "/proc/self/exe", NULL, &attributes, words, environ) == 0);
  reap(name, child);
}

CASE {
  handle(SIGUSR1, SIG_IGN, 0);
  handle(SIGUSR2, SIG_IGN, 0);
  handle(SIGHUP, on_signal, 0);
  spawn("none", 0);
  spawn("group", POSIX_SPAWN_SETPGROUP);
  spawn("session", POSIX_SPAWN_SETSID);
  spawn("mask", POSIX_SPAWN_SETSIGMASK);
  spawn("defaults", POSIX_SPAWN_SETSIGDEF);
  spawn("all", POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}
