// The build-id of each library is in a note in memory, and in its file: elf(5), NT_GNU_BUILD_ID.
// library: given -Wl,--build-id=0x0123456789abcdef
// library: hashed -Wl,--build-id=sha1
// library: without -Wl,--build-id=none
#include "library.h"

#if defined LIBRARY_given || defined LIBRARY_hashed || defined LIBRARY_without
int value = 1;
#else
// The note among those of a segment or a file; NULL if there is none.
static const unsigned char* note_in(const char* notes, size_t size, unsigned* length) {
  for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    const ElfW(Nhdr)* note = (const ElfW(Nhdr)*)(notes + at);
    at += sizeof *note + (note->n_namesz + 3) / 4 * 4;
    *length = note->n_descsz;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) return (const unsigned char*)notes + at;
    at += (note->n_descsz + 3) / 4 * 4;
  }
  return NULL;
}

static int visit(struct dl_phdr_info* info, size_t size, void* wanted) {
  (void)size;
  if (strstr(info->dlpi_name, (const char*)wanted) == NULL) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)* header = &info->dlpi_phdr[i];
    unsigned length;
    if (header->p_type != PT_NOTE) continue;
    const unsigned char* id = note_in((const char*)info->dlpi_addr + header->p_vaddr, header->p_memsz, &length);
    if (!id) continue;
    char in_file[64];
    int file = open(info->dlpi_name, O_RDONLY);
    ssize_t got =
        pread(file, in_file, length, (off_t)(header->p_offset + (uintptr_t)id - info->dlpi_addr - header->p_vaddr));
    NEED(close(file) == 0);
    say("%s: %u bytes, first %02x, %s the file's\n", (const char*)wanted, length, length == 8 ? id[0] : 0,
        got == (ssize_t)length && memcmp(in_file, id, length) == 0 ? "as" : "NOT");
    return 1;
  }
  say("%s: none\n", (const char*)wanted);
  return 2;
}

CASE {
  static const char* const names[] = {"libgiven.so", "libhashed.so", "libwithout.so", "libc.so.6",
                                      "ld-linux-x86-64.so.2"};
  for (int i = 0; i < 5; i++) {
    must_open(names[i], RTLD_NOW);
    SHOW(dl_iterate_phdr(visit, (void*)names[i]));
  }
}
#endif
