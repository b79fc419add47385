// The vDSO has a name and a build-id, by which debuggers and profilers know it: vdso(7).
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "case.h"

CASE {
  const char* image = (const char*)getauxval(AT_SYSINFO_EHDR);
  NEED(image != NULL);
  const Elf64_Phdr* segments = (const Elf64_Phdr*)(image + ((const Elf64_Ehdr*)image)->e_phoff);
  const char *strings = NULL, *notes = NULL, *notes_end = NULL;
  size_t name = 0;
  for (int i = 0; i < ((const Elf64_Ehdr*)image)->e_phnum; i++) {
    const char* start = image + segments[i].p_offset;
    if (segments[i].p_type == PT_NOTE) notes = start, notes_end = start + segments[i].p_memsz;
    if (segments[i].p_type != PT_DYNAMIC) continue;
    for (const Elf64_Dyn* entry = (const Elf64_Dyn*)start; entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag == DT_STRTAB) strings = image + entry->d_un.d_ptr;
      if (entry->d_tag == DT_SONAME) name = entry->d_un.d_val;
    }
  }
  NEED(strings != NULL);
  say("%s\n", strings + name);
  unsigned size = 0;
  while (notes && notes + sizeof(Elf64_Nhdr) <= notes_end) {
    const Elf64_Nhdr* note = (const Elf64_Nhdr*)notes;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) size = note->n_descsz;
    notes += sizeof *note + (note->n_namesz + 3) / 4 * 4 + (note->n_descsz + 3) / 4 * 4;
  }
  SHOW(size);
}
