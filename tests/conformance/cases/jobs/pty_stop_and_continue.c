// What a shell does: Ctrl-Z stops the job in the foreground, it goes on in the background until it reads, and in the
// foreground again it gets what is typed: termios(3), tcsetpgrp(3).
// marks: fork, pty
#include "terminal.h"

static void report(const char* when, pid_t job, int options) {
  int status;
  NEED(waitpid(job, &status, options) == job);
  say_status(when, status);
}

CASE {
  int master = open_master();
  pid_t leader, job;
  START(leader) {
    int slave = take_terminal(master);
    make_plain(slave);
    handle(SIGTTOU, SIG_IGN, 0);
    struct gate ready = make_gate(), read_on = make_gate();
    START(job) {
      come_to_foreground(slave);
      open_gate(ready);
      pass_gate(read_on);
      char byte = 0;
      NEED(read(slave, &byte, 1) == 1);
      say("job: %c\n", byte);
    }
    pass_gate(ready);
    NEED(write(master, "\32", 1) == 1);
    report("Ctrl-Z", job, WUNTRACED);
    SHOW(tcsetpgrp(slave, getpgrp()));
    NEED(kill(-job, SIGCONT) == 0);
    report("in the background", job, WCONTINUED);
    open_gate(read_on);
    report("reads", job, WUNTRACED);
    SHOW(tcsetpgrp(slave, job));
    NEED(kill(-job, SIGCONT) == 0);
    report("in the foreground", job, WCONTINUED);
    NEED(write(master, "k", 1) == 1);
    reap("job", job);
    CHECK(tcgetpgrp(slave) == job);
    SHOW(tcsetpgrp(slave, getpgrp()));
  }
  reap("leader", leader);
}
