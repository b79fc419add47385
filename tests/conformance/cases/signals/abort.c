// abort ends with SIGABRT even if the handler returns or the signal is ignored: abort(3).
// variants: static
#include "case.h"

static void on_abort(int number) {
  say("got %s\n", signal_name(number));
}

CASE {
  handle(SIGABRT, on_abort, 0);
  sigset_t set;
  sigfillset(&set);
  NEED(sigprocmask(SIG_SETMASK, &set, NULL) == 0);
  abort();
}
