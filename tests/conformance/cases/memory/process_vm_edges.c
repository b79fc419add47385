// Partial copies, errors and forced writes: process_vm_readv(2), /proc/self/mem in proc(5).
#include <sys/uio.h>

#include "case.h"

static const char constant_text[] = "read-only text";
static const char* volatile constant = constant_text;  // the compiler must not know what it says

CASE {
  char* pages = fresh_pages(3);
  NEED(mprotect(pages + KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  memset(pages, 'a', KX_PAGE);
  char to[200];
  struct iovec local[2] = {{to, 100}, {to + 100, 100}};
  struct iovec remote[2] = {{pages + KX_PAGE - 30, 20}, {pages + KX_PAGE - 10, 100}};
  SHOW(process_vm_readv(getpid(), local, 2, remote, 1, 0));
  SHOW(process_vm_readv(getpid(), local, 2, &(struct iovec){pages + KX_PAGE, 8}, 1, 0));
  SHOW(process_vm_writev(getpid(), local, 1, &(struct iovec){pages + 2 * KX_PAGE, 100}, 1, 0));
  CHECK(memcmp(pages + 2 * KX_PAGE, to, 100) == 0);
  SHOW(process_vm_writev(getpid(), local, 1, &(struct iovec){(void*)constant, 4}, 1, 0));
  SHOW(process_vm_readv(getpid(), local, 1, remote, 1, 1));
  SHOW(process_vm_readv(999999999, local, 1, remote, 1, 0));
  SHOW(process_vm_readv(getpid(), local, 1, remote, 1025, 0));
  SHOW(process_vm_readv(getpid(), local, 0, remote, 1, 0));
  SHOW(process_vm_readv(getpid(), local, 1, remote, 0, 0));
  SHOW(process_vm_readv(getpid(), (void*)8, 1, remote, 1, 0));

  int fd = open("/proc/self/mem", O_RDWR);
  NEED(fd >= 0);
  SHOW(lseek(fd, (off_t)(uintptr_t)pages, SEEK_SET) == (off_t)(uintptr_t)pages);
  SHOW(write(fd, "first", 5));
  SHOW(write(fd, "-second", 7));
  say("%.13s\n", pages);
  CHECK(lseek(fd, 0, SEEK_CUR) == (off_t)(uintptr_t)pages + 12);
  SHOW(pwrite(fd, "WRITTEN", 7, (off_t)(uintptr_t)constant));
  say("%s\n", constant);
  SHOW(pwrite(fd, "hidden", 6, (off_t)(uintptr_t)pages + KX_PAGE));
  SHOW(pread(fd, to, 6, (off_t)(uintptr_t)pages + KX_PAGE));
  say("%.6s\n", to);
  SHOW(pwrite(fd, "x", 1, 0x1000));
  SHOW(pread(fd, (void*)8, 1, (off_t)(uintptr_t)pages));
  SHOW(pwrite(fd, (void*)8, 1, (off_t)(uintptr_t)pages));
  struct stat status;
  SHOW(fstat(fd, &status));
  say("mode %o size %ld\n", status.st_mode, (long)status.st_size);
  SHOW(close(fd));
}
