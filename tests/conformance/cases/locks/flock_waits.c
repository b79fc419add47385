// A blocking flock of another process is woken by unlocking: flock(2).
// marks: fork
#include <sys/file.h>

#include "relatives.h"

CASE {
  int fd = file_with("file", "");
  NEED(flock(fd, LOCK_EX) == 0);
  struct gate ready = make_gate();
  pid_t children[3];
  for (int i = 0; i < 3; i++) START(children[i]) {
      int own = open("file", O_RDWR);
      open_gate(ready);
      NEED(flock(own, i ? LOCK_SH : LOCK_EX) == 0);
      _exit(i);
    }
  for (int i = 0; i < 3; i++) pass_gate(ready);
  nap();
  SHOW(waitpid(-1, NULL, WNOHANG));
  NEED(flock(fd, LOCK_UN) == 0);
  for (int i = 0; i < 3; i++) reap("child", children[i]);
}
