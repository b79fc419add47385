// mprotect refuses unaligned addresses, holes and files opened for reading: mprotect(2).
#include "case.h"

CASE {
  char* memory = fresh_pages(3);
  SHOW(mprotect(memory + 1, KX_PAGE, PROT_READ));
  SHOW(mprotect(memory, 0, PROT_READ));
  NEED(munmap(memory + KX_PAGE, KX_PAGE) == 0);
  SHOW(mprotect(memory, 3 * KX_PAGE, PROT_READ));
  SHOW(mprotect(memory + KX_PAGE, KX_PAGE, PROT_READ));
  SHOW(mprotect(memory, KX_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC | 0x1000));
  close(file_with("file", "text"));
  int fd = open("file", O_RDONLY);
  void* shared = mmap(NULL, KX_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  NEED(shared != MAP_FAILED);
  SHOW(mprotect(shared, KX_PAGE, PROT_READ | PROT_WRITE));
  void* private_copy = mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  SHOW(mprotect(private_copy, KX_PAGE, PROT_READ | PROT_WRITE));
}
