// Signals to a group, to all and to those that may not be told: what kill(2) answers when some of them may.
#include "identity.h"

CASE {
  if (!is_root()) return;
  struct gate ready = make_gate();
  pid_t root, user, sender;
  NEED(setpgid(0, 0) == 0 || errno == EPERM);
  START(root) {
    NEED(setpgid(0, 0) == 0);
    open_gate(ready);
    for (;;) pause();
  }
  pass_gate(ready);
  START(user) {
    NEED(setpgid(0, root) == 0 && setuid(77) == 0);
    open_gate(ready);
    for (;;) pause();
  }
  pass_gate(ready);
  START(sender) {
    NEED(setuid(77) == 0);
    SHOW(kill(root, SIGTERM));
    SHOW(kill(root, 65));
    SHOW(sigqueue(root, SIGUSR1, (union sigval){.sival_int = 1}));
    SHOW(kill(-root, SIGTERM));
  }
  reap("sender", sender);
  reap("user", user);
  START(sender) {
    NEED(setuid(78) == 0);
    SHOW(kill(-root, SIGTERM));
    SHOW(kill(root, SIGKILL));
  }
  reap("sender", sender);
  NEED(kill(root, SIGKILL) == 0);
  reap("root", root);
}
