// Wrong arguments of mmap give the errors of the manual: mmap(2).
#include "case.h"

#define MAP(length, prot, flags, fd, offset) (mmap(NULL, length, prot, flags, fd, offset) == MAP_FAILED ? -1 : 0)

CASE {
  int fd = file_with("file", "some text");
  SHOW(MAP(0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, 77, 0));
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 100));
  SHOW(MAP((size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  int read_only = open("file", O_RDONLY);
  SHOW(MAP(KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0));
  SHOW(MAP(KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, read_only, 0));
  int write_only = open("file", O_WRONLY);
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, write_only, 0));
  int directory = open(".", O_RDONLY | O_DIRECTORY);
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, directory, 0));
  int ends[2];
  NEED(pipe(ends) == 0);
  SHOW(MAP(KX_PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0));
}
