// /proc/self/exe names the program and can be read: proc(5).
// variants: static
#define KX_CASE_OWN_MAIN
#include "case.h"

int main(int argc, char** argv) {
  char target[PATH_MAX] = "", real[PATH_MAX];
  CHECK(argc == 2);
  CHECK(readlink("/proc/self/exe", target, sizeof target) > 0);
  CHECK(realpath(argv[0], real) != NULL);
  CHECK(strcmp(target, real) == 0);
  int fd = open("/proc/self/exe", O_RDONLY);
  char head[4];
  SHOW(read(fd, head, 4));
  CHECK(memcmp(head, "\177ELF", 4) == 0);
  struct stat one, two;
  SHOW(fstat(fd, &one));
  SHOW(stat(argv[0], &two));
  CHECK(one.st_ino == two.st_ino && one.st_size == two.st_size);
  CHECK(readlink("/proc/thread-self/exe", real, sizeof real) > 0);
  snprintf(real, sizeof real, "/proc/%d/exe", getpid());
  CHECK(readlink(real, real, sizeof real) > 0);
}
