// tcsetpgrp, tcgetpgrp and tcgetsid on what is no terminal, and no controlling terminal at all: tcgetpgrp(3).
// marks: fork
#include <termios.h>

#include "relatives.h"

CASE {
  pid_t child;
  START(child) {
    NEED(setsid() == getpid());
    int file = file_with("file", ""), ends[2], null = open("/dev/null", O_RDWR);
    NEED(pipe(ends) == 0);
    SHOW(tcgetpgrp(file));
    SHOW(tcsetpgrp(file, getpgrp()));
    SHOW(tcgetpgrp(ends[0]));
    SHOW(tcsetpgrp(ends[0], getpgrp()));
    SHOW(tcsetpgrp(null, getpgrp()));
    SHOW(tcgetsid(ends[1]));
    SHOW(tcgetpgrp(99));
    SHOW(tcsetpgrp(99, getpgrp()));
    SHOW(open("/dev/tty", O_RDWR));
    SHOW(isatty(file));
  }
  reap("child", child);
}
