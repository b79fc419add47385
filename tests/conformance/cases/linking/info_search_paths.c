// Where a library would be sought: dlinfo(3), RTLD_DI_SERINFO and RTLD_DI_ORIGIN.
// library: plain -Wl,--enable-new-dtags,-rpath,$ORIGIN/down:/kx/nowhere
#if defined LIBRARY_plain
int plain = 1;
#else
#define KX_CASE_OWN_MAIN
#include "library.h"
#include "rerun.h"

CASE {
  setenv("LD_LIBRARY_PATH", "/kx/one:/kx/two", 1);
  rerun("again", NULL);
}
AGAIN {
  copy_library("plain", "plain.so");
  void* library = must_open("./plain.so", RTLD_NOW);
  Dl_serinfo size;
  SHOW(dlinfo(library, RTLD_DI_SERINFOSIZE, &size));
  Dl_serinfo* paths = (Dl_serinfo*)malloc(size.dls_size);
  SHOW(dlinfo(library, RTLD_DI_SERINFOSIZE, paths));
  SHOW(dlinfo(library, RTLD_DI_SERINFO, paths));
  CHECK(paths->dls_cnt == size.dls_cnt);
  char origin[PATH_MAX], here[PATH_MAX];
  SHOW(dlinfo(library, RTLD_DI_ORIGIN, origin));
  CHECK(realpath(origin, here) != NULL && strncmp(origin, here, strlen(here)) == 0);
  for (unsigned i = 0; i < paths->dls_cnt; i++) {
    const char* path = paths->dls_serpath[i].dls_name;
    int inside = strncmp(path, here, strlen(here)) == 0;
    say("%s%s, flags %x\n", inside ? "HERE" : "", inside ? path + strlen(here) : path, paths->dls_serpath[i].dls_flags);
  }
  return 0;
}
#endif
