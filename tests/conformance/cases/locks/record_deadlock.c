// Two processes that wait for each other's record locks: one is told EDEADLK: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  struct gate locked = make_gate();
  int* results = shared_memory(KX_PAGE);
  pid_t children[2];
  struct gate go[2] = {make_gate(), make_gate()};
  for (int i = 0; i < 2; i++) START(children[i]) {
      struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
      NEED(fcntl(fd, F_SETLK, &lock) == 0);
      open_gate(locked);
      pass_gate(go[i]);
      lock.l_start = 1 - i;
      results[i] = fcntl(fd, F_SETLKW, &lock) == 0 ? 1 : errno == EDEADLK ? 2 : 3;
    }
  for (int i = 0; i < 2; i++) pass_gate(locked);
  for (int i = 0; i < 2; i++) open_gate(go[i]);
  for (int i = 0; i < 2; i++) reap("child", children[i]);
  say("one %d, the other %d\n", results[0] < results[1] ? results[0] : results[1],
      results[0] < results[1] ? results[1] : results[0]);
}
