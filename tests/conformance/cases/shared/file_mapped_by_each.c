// Parent and child map the same file on their own after fork and share it: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  close(file_with("file", "shared"));
  NEED(truncate("file", KX_PAGE) == 0);
  pid_t child;
  struct gate done = make_gate(), go = make_gate();
  START(child) {
    int fd = open("file", O_RDWR);
    char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(memory != MAP_FAILED && close(fd) == 0);
    memory[0] = 'S';
    open_gate(done);
    pass_gate(go);
    say("child: %s\n", memory);
  }
  pass_gate(done);
  int fd = open("file", O_RDWR);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  say("parent: %s\n", memory);
  memory[5] = 'D';
  open_gate(go);
  reap("child", child);
}
