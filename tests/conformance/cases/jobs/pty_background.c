// A background process that reads is stopped by SIGTTIN, one that writes only with TOSTOP, by SIGTTOU: termios(3).
// marks: fork, pty
#include "terminal.h"

static int slave;

static void background(const char* who, int kind) {
  pid_t child;
  START(child) {
    char byte;
    NEED(setpgid(0, 0) == 0);
    if (kind == 0) _exit(read(slave, &byte, 1) == 1);
    if (kind == 3) handle(SIGTTIN, SIG_IGN, 0);
    if (kind == 3) _exit(read(slave, &byte, 1) == -1 && errno == EIO ? 5 : 6);
    if (kind == 4) handle(SIGTTOU, SIG_IGN, 0);
    _exit(write(slave, "b", 1) == 1 ? 1 : 0);
  }
  say_stopped_or_ended(who, child);
}

CASE {
  int master = open_master();
  pid_t leader;
  START(leader) {
    NEED(setsid() == getpid());
    slave = open(ptsname(master), O_RDWR);
    struct termios modes;
    NEED(slave >= 0 && tcgetattr(slave, &modes) == 0);
    background("reader", 0);
    background("writer", 1);
    modes.c_lflag |= TOSTOP;
    NEED(tcsetattr(slave, TCSANOW, &modes) == 0);
    background("writer with TOSTOP", 2);
    background("reader that ignores SIGTTIN", 3);
    background("writer that ignores SIGTTOU", 4);
  }
  reap("leader", leader);
}
