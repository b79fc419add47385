// The two forks of a daemon: a new session, not its leader, no relation to the terminal: daemon(7).
// marks: fork
#include "relatives.h"

CASE {
  struct gate done = make_gate();
  pid_t first, second;
  START(first) {
    NEED(setsid() == getpid());
    pid_t session = getpid();
    START(second) {
      NEED(chdir("/") == 0);
      umask(0);
      say("daemon: in the session %d, leader %d, terminal %d\n", getsid(0) == session, getsid(0) == getpid(),
          open("/dev/tty", O_RDWR) >= 0);
      open_gate(done);
    }
  }
  pass_gate(done);
  reap("first", first);
}
