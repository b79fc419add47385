// Libraries opened by /proc/self/fd: a file, one that is deleted, and memory that never had a name: memfd_create(2).
// library: part
#include "library.h"

#ifdef LIBRARY_part
int value = 1;
int next(void) {
  return value++;
}
#else
static void* by_descriptor(int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return must_open(path, RTLD_NOW);
}

static void use(const char* what, void* library) {
  FUNCTION(int(void), library, "next")();
  say("%s: %d\n", what, FUNCTION(int(void), library, "next")());
}

CASE {
  copy_library("part", "part.so");
  int fd = open("part.so", O_RDONLY);
  NEED(fd >= 0);
  void* by_name = must_open("./part.so", RTLD_NOW);
  CHECK(by_descriptor(fd) == by_name);
  use("file", by_name);
  copy_library("part", "gone.so");
  int gone = open("gone.so", O_RDONLY);
  NEED(gone >= 0 && unlink("gone.so") == 0);
  use("deleted file", by_descriptor(gone));
  int memory = memfd_create("library", 0);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
  copy_library("part", path);
  use("memory", by_descriptor(memory));
  SHOW(close(memory));
  CHECK(is_mapped("/memfd:library (deleted)"));
}
#endif
