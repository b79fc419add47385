// personality reports and sets the execution domain: personality(2).
#include <sys/personality.h>

#include "case.h"

CASE {
  SHOW(personality(0xffffffff));
  SHOW(personality(ADDR_NO_RANDOMIZE));
  SHOW(personality(0xffffffff) == ADDR_NO_RANDOMIZE);
  SHOW(personality(0) == ADDR_NO_RANDOMIZE);
  SHOW(personality(0xffffffff));
}
