// System calls give EFAULT for memory that the program could not touch itself, and change nothing: read(2), write(2).
#include <sys/uio.h>
#include <time.h>

#include "case.h"

CASE {
  int fd = file_with("file", "0123456789");
  char* memory = fresh_pages(2);
  memset(memory, 'p', 2 * KX_PAGE);
  NEED(mprotect(memory, KX_PAGE, PROT_READ) == 0);
  SHOW(read(fd, memory, 10));
  SHOW(read(fd, memory + KX_PAGE - 5, 10));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(memory[0]);
  NEED(mprotect(memory, KX_PAGE, PROT_NONE) == 0);
  SHOW(write(fd, memory, 10));
  SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, memory));
  SHOW(open(memory, O_RDONLY));
  SHOW(stat("file", (struct stat*)memory));
  SHOW(stat("file", (struct stat*)8));
  SHOW(write(fd, (void*)0x800000000000, 1));
  SHOW(write(fd, (void*)-1L, 1));
}
