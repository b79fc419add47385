// /proc/PID/stat names the terminal and its foreground group: proc_pid_stat(5).
// marks: fork, pty
#include <sys/sysmacros.h>

#include "terminal.h"

static void stat_of(pid_t pid, int* terminal, int* group) {
  char path[64], text[1024] = {0};
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY);
  NEED(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0);
  NEED(sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %d %d", terminal, group) == 2);
}

CASE {
  int master = open_master();
  pid_t leader, child;
  START(leader) {
    int number, group;
    NEED(setsid() == getpid());
    stat_of(getpid(), &number, &group);
    say("no terminal: %d %d\n", number, group);
    int slave = open(ptsname(master), O_RDWR);
    struct stat status;
    NEED(slave >= 0 && fstat(slave, &status) == 0);
    stat_of(getpid(), &number, &group);
    unsigned low = minor(status.st_rdev);
    CHECK((unsigned)number == ((low & 0xff) | major(status.st_rdev) << 8 | (low & ~0xffu) << 12));
    CHECK(group == getpid());
    int own = number;
    struct gate ready = make_gate(), done = make_gate();
    START(child) {
      come_to_foreground(slave);
      open_gate(ready);
      pass_gate(done);
    }
    pass_gate(ready);
    stat_of(child, &number, &group);
    CHECK(number == own);
    CHECK(group == child);
    stat_of(getpid(), &number, &group);
    CHECK(group == child);
    open_gate(done);
    reap("child", child);
    handle(SIGTTOU, SIG_IGN, 0);
    NEED(ioctl(slave, TIOCNOTTY) == 0);
    stat_of(getpid(), &number, &group);
    say("given up: %d %d\n", number, group);
  }
  reap("leader", leader);
}
