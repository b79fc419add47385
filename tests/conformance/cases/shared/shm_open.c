// POSIX shared memory by name: opened by the child anew, still there after unlink: shm_open(3).
// marks: fork
// libs: -lrt
#include <sys/random.h>

#include "relatives.h"

CASE {
  char name[64];
  uint64_t number;
  NEED(getrandom(&number, sizeof number, 0) == sizeof number);
  snprintf(name, sizeof name, "/kx-case-%016lx", number);
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  strcpy(memory, "parent");
  pid_t child;
  START(child) {
    SHOW(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    int own = shm_open(name, O_RDWR, 0);
    char* again = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, own, 0);
    NEED(again != MAP_FAILED && again != memory);
    say("child: %s\n", again);
    NEED(shm_unlink(name) == 0);
    strcpy(again, "child");
  }
  reap("child", child);
  say("parent: %s\n", memory);
  SHOW(shm_unlink(name));
  SHOW(shm_open(name, O_RDWR, 0));
}
