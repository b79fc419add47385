// For cases about pseudo-terminals: the master side, and sessions that have the other side as their terminal.
#ifndef KX_TERMINAL_H
#define KX_TERMINAL_H

#include <sys/ioctl.h>
#include <termios.h>

#include "relatives.h"

static KX_UNUSED int open_master(void) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  NEED(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  return master;
}

// Makes the caller lead a session that has the other side of this master as its terminal; gives that side.
static KX_UNUSED int take_terminal(int master) {
  NEED(setsid() == getpid());
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  NEED(slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0);
  return slave;
}

// Makes the caller a group of its own in the foreground of its terminal, wherever it was before.
static KX_UNUSED void come_to_foreground(int terminal) {
  handle(SIGTTOU, SIG_IGN, 0);
  NEED(setpgid(0, 0) == 0 && tcsetpgrp(terminal, getpid()) == 0);
  handle(SIGTTOU, SIG_DFL, 0);
}

// What the terminal did to a child: one that it stopped is ended.
static KX_UNUSED void say_stopped_or_ended(const char* who, pid_t child) {
  int status;
  NEED(waitpid(child, &status, WUNTRACED) == child);
  say_status(who, status);
  if (WIFSTOPPED(status)) {
    NEED(kill(child, SIGKILL) == 0);
    ended(child);
  }
}

// No echo, which nobody would read, and input as it comes.
static KX_UNUSED void make_plain(int terminal) {
  struct termios modes;
  NEED(tcgetattr(terminal, &modes) == 0);
  modes.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
  modes.c_oflag &= ~(tcflag_t)OPOST;
  NEED(tcsetattr(terminal, TCSANOW, &modes) == 0);
}

#endif
