// The environment arrives, can be changed, and is a list that ends: environ(7).
// variants: static,musl
#define KX_CASE_OWN_MAIN
#include "case.h"

extern char** environ;

int main(void) {
  say("%s\n", getenv("KX_CASE") ? getenv("KX_CASE") : "not there");
  say("%s\n", getenv("PATH") ? getenv("PATH") : "not there");
  int count = 0, well_formed = 1;
  for (char** entry = environ; *entry; entry++, count++) well_formed &= strchr(*entry, '=') != NULL;
  CHECK(count >= 2 && well_formed);
  SHOW(setenv("NEW", "value", 1));
  say("%s\n", getenv("NEW"));
  SHOW(unsetenv("KX_CASE"));
  CHECK(getenv("KX_CASE") == NULL);
  SHOW(clearenv());
  CHECK(getenv("PATH") == NULL);
}
