// A file that one process truncates: the other's access beyond the end gives SIGBUS: mmap(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "x");
  NEED(ftruncate(fd, 3 * KX_PAGE) == 0);
  char* memory = mmap(NULL, 3 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memory[2 * KX_PAGE] = 'y';
  struct gate read_once = make_gate(), gate = make_gate();
  pid_t child;
  START(child) {
    say("child: %c\n", memory[2 * KX_PAGE]);
    open_gate(read_once);
    pass_gate(gate);
    say("never printed %c\n", memory[2 * KX_PAGE]);
  }
  pass_gate(read_once);
  NEED(ftruncate(fd, KX_PAGE) == 0);
  open_gate(gate);
  reap("child", child);
  NEED(ftruncate(fd, 3 * KX_PAGE) == 0);
  SHOW(memory[2 * KX_PAGE]);
}
