// The random bytes of the auxiliary vector are the same in a forked child and new after exec: getauxval(3).
// marks: fork
#include <sys/auxv.h>

#include "rerun.h"

static char* bytes(void) {
  static char text[33];
  const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
  for (int i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", random[i]);
  return text;
}

AGAIN {
  say("after exec: differ %d\n", strcmp(words[0], bytes()) != 0);
  return 0;
}

CASE {
  char before[33];
  strcpy(before, bytes());
  pid_t child;
  START(child) {
    say("after fork: same %d\n", strcmp(before, bytes()) == 0);
    rerun(before, NULL);
  }
  reap("child", child);
}
