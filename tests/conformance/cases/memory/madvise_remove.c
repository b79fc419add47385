// MADV_REMOVE takes pages out of a file, for every mapping of it: madvise(2).
#include "case.h"

CASE {
  const int fd = memfd_create("file", 0);
  NEED(fd >= 0 && ftruncate(fd, 4 * KX_PAGE) == 0);
  char* one = (char*)mmap(NULL, 4 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char* other = (char*)mmap(NULL, 2 * KX_PAGE, PROT_READ, MAP_SHARED, fd, KX_PAGE);
  NEED(one != MAP_FAILED && other != MAP_FAILED);
  memset(one, 'x', 4 * KX_PAGE);
  SHOW(madvise(one + KX_PAGE, KX_PAGE, MADV_REMOVE));
  say("%d %d %d, %d %d\n", one[KX_PAGE - 1], one[KX_PAGE], one[2 * KX_PAGE], other[0], other[KX_PAGE]);
  one[KX_PAGE] = 'y';
  char bytes[2] = "";
  SHOW(pread(fd, bytes, 2, KX_PAGE));
  say("%d %d\n", bytes[0], bytes[1]);
  SHOW(lseek(fd, 0, SEEK_END));
  char* private_file = (char*)mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  SHOW(madvise(private_file, KX_PAGE, MADV_REMOVE));
  SHOW(madvise(fresh_pages(1), KX_PAGE, MADV_REMOVE));
  char* anonymous = (char*)mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(anonymous, 'z', 2 * KX_PAGE);
  SHOW(madvise(anonymous, KX_PAGE, MADV_REMOVE));
  say("%d %d\n", anonymous[0], anonymous[KX_PAGE]);
}
