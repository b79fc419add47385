// The program headers of a library in memory: dlinfo(3), RTLD_DI_PHDR; what dl_iterate_phdr says is the same.
// library: shape -Wl,-z,separate-code,--hash-style=gnu
#include "library.h"

#ifdef LIBRARY_shape
__thread int local = 1;
int data = 1;
#else
static int visit(struct dl_phdr_info* info, size_t size, void* wanted) {
  if (strstr(info->dlpi_name, "libshape.so") == NULL) return 0;
  CHECK(size >= sizeof *info);
  CHECK(info->dlpi_phdr == wanted);
  CHECK(info->dlpi_tls_modid != 0);
  return info->dlpi_phnum;
}

CASE {
  void* library = must_open("libshape.so", RTLD_NOW);
  const ElfW(Phdr) * headers;
  int count = dlinfo(library, RTLD_DI_PHDR, &headers);
  CHECK(count > 0);
  for (int i = 0; i < count; i++) {
    if (headers[i].p_type == PT_LOAD)
      say("LOAD flags %u\n", headers[i].p_flags);
    else
      say("type %x\n", headers[i].p_type);
  }
  CHECK(dl_iterate_phdr(visit, (void*)headers) == count);
}
#endif
