// memfd_create and its seals: what each of them forbids: memfd_create(2), fcntl(2).
#include "case.h"

CASE {
  int fd = SHOW(memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  SHOW(fcntl(fd, F_GET_SEALS));
  SHOW(write(fd, "0123456789", 10));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
  SHOW(ftruncate(fd, 5));
  SHOW(ftruncate(fd, 20));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(ftruncate(fd, 30));
  SHOW(pwrite(fd, "x", 1, 25));
  SHOW(pwrite(fd, "x", 1, 5));
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(munmap(memory, KX_PAGE));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(pwrite(fd, "x", 1, 5));
  STATUS(mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
  SHOW(fcntl(fd, F_GET_SEALS));
  int plain = SHOW(memfd_create("plain", 0));
  SHOW(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(memfd_create("bad", 0x1000));
  char target[64] = "", path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", plain);
  SHOW(readlink(path, target, sizeof target));
  say("%s\n", target);
}
