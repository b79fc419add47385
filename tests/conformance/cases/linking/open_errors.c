// What dlerror says of files that are no libraries: dlopen(3).
// library: whole
#include <stddef.h>

#include "library.h"

#ifdef LIBRARY_whole
int value = 1;
#else
static void try(const char* name) {
  CHECK(dlopen(name, RTLD_NOW) == NULL);
  say("%s\n", dlerror());
}

// A copy of the library in which one byte differs.
static const char* changed(long offset, char byte) {
  copy_library("whole", "changed.so");
  int fd = open("changed.so", O_WRONLY);
  NEED(fd >= 0 && pwrite(fd, &byte, 1, offset) == 1 && close(fd) == 0);
  return "./changed.so";
}

CASE {
  try("libnothing.so");
  try("./nothing.so");
  try("/no/such/folder/libc.so.6");
  close(
      file_with("text.so", "this is not an object file, whatever its name says, and it is longer than a header is\n"));
  try("./text.so");
  close(file_with("empty.so", ""));
  try("./empty.so");
  close(file_with("short.so", "\177ELF"));
  try("./short.so");
  NEED(mkdir("folder.so", 0755) == 0);
  try("./folder.so");
  try(changed(EI_CLASS, ELFCLASS32));
  try(changed(EI_DATA, ELFDATA2MSB));
  try(changed(EI_VERSION, 9));
  try(changed(EI_OSABI, 77));
  try(changed(offsetof(Elf64_Ehdr, e_machine), 40));
  try(changed(offsetof(Elf64_Ehdr, e_type), ET_REL));
  try(changed(offsetof(Elf64_Ehdr, e_phentsize), 8));
  NEED(symlink("loop.so", "loop.so") == 0);
  try("./loop.so");
  CHECK(dlopen(changed(EI_PAD, 0), RTLD_NOW) != NULL);
}
#endif
