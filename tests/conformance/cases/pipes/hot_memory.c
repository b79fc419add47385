// Where a pipe's data come from and go to: memory that is not there, not to be written, shared since a fork, of a file.
// marks: fork
#include <sys/uio.h>

#include "hot.h"

CASE {
  struct line line;
  warm_up(&line);
  char* pages = fresh_pages(4);
  if (line.child == 0) _exit(0);
  reap("child", line.child);
  int* ends = line.from;

  NEED(mprotect(pages + KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  memset(pages, 'm', KX_PAGE);
  SHOW(write(ends[1], pages + KX_PAGE, 10));
  SHOW(write(ends[1], (void*)16, 10));
  NEED(write(ends[1], pages, 20) == 20);
  SHOW(read(ends[0], pages + KX_PAGE, 10));
  SHOW(read(ends[0], (void*)16, 10));
  struct iovec parts[] = {{pages, 8}, {pages + 100, 0}, {pages + 2 * KX_PAGE, 12}};
  SHOW(readv(ends[0], parts, 3));
  SHOW(memcmp(pages + 2 * KX_PAGE, "mmmmmmmmmmmm", 12));
  SHOW(writev(ends[1], parts, 3));
  NEED(mprotect(pages, KX_PAGE, PROT_READ) == 0);
  SHOW(read(ends[0], pages, 10));
  NEED(mprotect(pages, KX_PAGE, PROT_READ | PROT_WRITE) == 0);
  SHOW(read(ends[0], pages, 100));
  SHOW(read(ends[0], pages, 0));

  // Shared since a fork.
  memset(pages, 'p', KX_PAGE);
  pid_t child;
  NEED(write(ends[1], "child", 5) == 5);
  START(child) {
    NEED(read(ends[0], pages + 10, 5) == 5);
    say("child has %.16s\n", pages);
  }
  reap("reader", child);
  say("parent has %.16s\n", pages);

  // Of a file, and shared.
  const int fd = file_with("file", "content of a file");
  NEED(ftruncate(fd, KX_PAGE) == 0);
  char* mapped = (char*)mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(mapped != MAP_FAILED);
  SHOW(write(ends[1], mapped, 17));
  SHOW(read(ends[0], mapped + 100, 17));
  say("%.17s\n", mapped + 100);
  char* anonymous = (char*)shared_memory(KX_PAGE);
  NEED(write(ends[1], "shared", 6) == 6);
  START(child) NEED(read(ends[0], anonymous, 6) == 6);
  reap("reader", child);
  say("%s\n", anonymous);
}
