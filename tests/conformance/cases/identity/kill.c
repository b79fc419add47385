// Who may signal whom: kill(2), pidfd_send_signal(2), tgkill(2).
#include "identity.h"

static pid_t sleeper(uid_t real, uid_t effective, uid_t saved) {
  struct gate ready = make_gate();
  pid_t pid;
  START(pid) {
    NEED(setresuid(real, effective, saved) == 0);
    open_gate(ready);
    for (;;) pause();
  }
  pass_gate(ready);
  return pid;
}

static void try(uid_t real, uid_t effective, uid_t saved, const pid_t* targets, int count) {
  pid_t pid;
  START(pid) {
    NEED(setresuid(real, effective, saved) == 0);
    say("by %u %u %u:", real, effective, saved);
    for (int i = 0; i < count; i++) {
      const int pidfd = (int)syscall(434, targets[i], 0);
      const bool may = kill(targets[i], 0) == 0;
      const char* error = may ? "yes" : errno_name(errno);
      say(" %s%s%s", error, (syscall(SYS_tgkill, targets[i], targets[i], 0) == 0) == may ? "" : " BUT tgkill",
          (syscall(424, pidfd, 0, NULL, 0) == 0) == may ? "" : " BUT pidfd");
      close(pidfd);
    }
    say("; SIGCONT %s", kill(targets[0], SIGCONT) == 0 ? "yes" : errno_name(errno));
    say("; group %s\n", kill(0, 0) == 0 ? "yes" : errno_name(errno));
  }
  reap("sender", pid);
}

CASE {
  if (!is_root()) return;
  const pid_t targets[] = {sleeper(0, 0, 0), sleeper(1, 1, 1), sleeper(1, 2, 3), sleeper(2, 2, 0)};
  const int count = 4;
  try(0, 0, 0, targets, count);
  try(1, 1, 1, targets, count);
  try(2, 2, 2, targets, count);
  try(3, 3, 3, targets, count);
  try(2, 1, 2, targets, count);
  try(1, 9, 1, targets, count);
  try(9, 9, 9, targets, count);
  try(9, 9, 0, targets, count);
  for (int i = 0; i < count; i++) {
    NEED(kill(targets[i], SIGKILL) == 0);
    reap("sleeper", targets[i]);
  }
}
