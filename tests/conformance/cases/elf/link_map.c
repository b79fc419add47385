// dl_iterate_phdr lists the program, its libraries and the vDSO with their segments: dl_iterate_phdr(3).
#include <link.h>

#include "case.h"

static int count, with_libc, with_vdso, inside;

static int visit(struct dl_phdr_info* info, size_t size, void* data) {
  (void)size, (void)data;
  count++;
  with_libc += strstr(info->dlpi_name, "libc.so") != NULL;
  with_vdso += strstr(info->dlpi_name, "vdso") != NULL;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_LOAD && (uintptr_t)visit >= start && (uintptr_t)visit < start + header->p_memsz) inside++;
  }
  return 0;
}

CASE {
  SHOW(dl_iterate_phdr(visit, NULL));
  CHECK(count >= 3);
  SHOW(with_libc);
  SHOW(with_vdso);
  SHOW(inside);
}
