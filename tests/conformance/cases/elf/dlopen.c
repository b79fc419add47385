// dlopen, dlsym, dladdr, dlclose and errors with a library of the system: dlopen(3).
// libs: -ldl
#include <dlfcn.h>

#include "case.h"

CASE {
  void* library = dlopen("libm.so.6", RTLD_NOW);
  CHECK(library != NULL);
  double (*cosine)(double) = (double (*)(double))(uintptr_t)dlsym(library, "cos");
  CHECK(cosine != NULL);
  say("%.6f\n", cosine(1.0));
  CHECK(dlsym(library, "no_such_symbol") == NULL);
  CHECK(dlerror() != NULL);
  Dl_info info;
  CHECK(dladdr((void*)(uintptr_t)cosine, &info) != 0 && strstr(info.dli_fname, "libm") != NULL);
  SHOW(dlclose(library));
  CHECK(dlopen("/no/such/library.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  CHECK(dlopen(NULL, RTLD_NOW) != NULL);
  CHECK(dlsym(RTLD_DEFAULT, "printf") != NULL);
}
