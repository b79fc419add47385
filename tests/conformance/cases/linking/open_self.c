// dlopen(NULL) is the program with all it needs; only what it exports is found: dlopen(3).
// flags: -rdynamic
// variants: no-pie,musl
#include "library.h"

int exported = 11;
static __attribute__((used)) int hidden = 12;

CASE {
  void* self = dlopen(NULL, RTLD_NOW);
  CHECK(self != NULL);
  CHECK(dlsym(self, "exported") == &exported);
  CHECK(dlsym(self, "hidden") == NULL);
  CHECK(dlerror() != NULL);
  CHECK(dlsym(self, "printf") == dlsym(RTLD_DEFAULT, "printf"));
  CHECK(dlopen(NULL, RTLD_LAZY | RTLD_GLOBAL) == self);
  SHOW(dlclose(self));
  SHOW(dlclose(self));
}
