// The value that main returns is the exit status; standard error is kept apart: exit(3).
// variants: static,musl,static-pie,no-pie
#define KX_CASE_OWN_MAIN
#include "case.h"

int main(void) {
  say("on stdout\n");
  fprintf(stderr, "on stderr\n");
  return 113;
}
