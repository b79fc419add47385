// A memfd that a child makes and passes is mapped by its parent: memfd_create(2), unix(7).
// marks: fork
#include "pass.h"

CASE {
  int ends[2];
  NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  struct gate go = make_gate();
  pid_t child;
  START(child) {
    int fd = memfd_create("passed", 0);
    NEED(fd >= 0 && ftruncate(fd, KX_PAGE) == 0);
    char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(memory != MAP_FAILED);
    strcpy(memory, "from the child");
    NEED(pass_descriptors(ends[1], &fd, 1) == 1);
    pass_gate(go);
    say("child: %s\n", memory);
  }
  int fd;
  NEED(take_descriptors(ends[0], &fd, 1, 0) == 1);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  say("parent: %s\n", memory);
  strcpy(memory, "from the parent");
  open_gate(go);
  reap("child", child);
}
