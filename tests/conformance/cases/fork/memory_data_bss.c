// Initialised data, zeroed data and thread-local data are private after fork: fork(2).
// marks: fork
// variants: static,no-pie
#include "relatives.h"

static int data[1024] = {1, 2, 3};
static char zeroed[1 << 20];
static __thread int local = 5;

CASE {
  zeroed[4096] = 'p';
  pid_t child;
  START(child) {
    say("child before: %d %d %c %d\n", data[1], zeroed[0], zeroed[4096], local);
    data[1] = 20;
    memset(zeroed, 'c', sizeof zeroed);
    local = 50;
    say("child after: %d %c %d\n", data[1], zeroed[99999], local);
  }
  reap("child", child);
  say("parent: %d %d %c %d\n", data[1], zeroed[99999], zeroed[4096], local);
}
