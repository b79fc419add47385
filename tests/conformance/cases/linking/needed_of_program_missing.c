// A program whose library is not there ends with status 127 and one line: ld.so(8).
// library: wanted
// libs: -lwanted
// marks: fork
#include "library.h"
#include "relatives.h"

#ifdef LIBRARY_wanted
int wanted(void) {
  return 5;
}
#else
int wanted(void);

CASE {
  SHOW(wanted());
  copy_part("/proc/self/exe", "program", SIZE_MAX);
  pid_t child;
  START(child) {
    execl("./program", "program", ".", NULL);
    say("execl: %s\n", errno_name(errno));
  }
  reap("program", child);
}
#endif
