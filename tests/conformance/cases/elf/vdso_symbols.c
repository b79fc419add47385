// The vDSO is an ELF image with one loadable segment and the clock functions: vdso(7).
#include <elf.h>
#include <sys/auxv.h>
#include <time.h>

#include "case.h"

CASE {
  const char* image = (const char*)getauxval(AT_SYSINFO_EHDR);
  NEED(image != NULL);
  const Elf64_Ehdr* head = (const Elf64_Ehdr*)image;
  const Elf64_Phdr* segments = (const Elf64_Phdr*)(image + head->e_phoff);
  const Elf64_Dyn* dynamic = NULL;
  int loads = 0;
  for (int i = 0; i < head->e_phnum; i++) {
    loads += segments[i].p_type == PT_LOAD;
    if (segments[i].p_type == PT_DYNAMIC) dynamic = (const Elf64_Dyn*)(image + segments[i].p_offset);
  }
  SHOW(loads);
  NEED(dynamic != NULL);
  const Elf64_Sym* symbols = NULL;
  const char* strings = NULL;
  for (; dynamic->d_tag; dynamic++) {
    if (dynamic->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym*)(image + dynamic->d_un.d_ptr);
    if (dynamic->d_tag == DT_STRTAB) strings = image + dynamic->d_un.d_ptr;
  }
  NEED(symbols && strings);
  long (*clock)(clockid_t, struct timespec*) = NULL;
  for (int i = 0; i < 40 && (const char*)(symbols + i) < strings; i++)
    if (strcmp(strings + symbols[i].st_name, "__vdso_clock_gettime") == 0)
      clock = (long (*)(clockid_t, struct timespec*))(uintptr_t)(image + symbols[i].st_value);
  CHECK(clock != NULL);
  struct timespec now = {0};
  SHOW(clock(CLOCK_MONOTONIC, &now));
  CHECK(now.tv_sec > 0 || now.tv_nsec > 0);
}
