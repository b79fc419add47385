// A status pointer that faults gives EFAULT, and the child is gone: wait4(2).
// marks: fork
#include <sys/resource.h>

#include "relatives.h"

CASE {
  pid_t child;
  START(child) _exit(4);
  await_zombie(child);
  SHOW(wait4(child, NULL, 0, (struct rusage*)8));
  SHOW(wait4(child, NULL, WNOHANG, NULL));
  START(child) _exit(5);
  await_zombie(child);
  SHOW(waitid(P_PID, (id_t)child, (siginfo_t*)8, WEXITED));
  SHOW(waitpid(child, NULL, WNOHANG));
}
