// A shared mapping of a file: stores of one process are seen by the other and by read: mmap(2).
// marks: fork, lane
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  NEED(ftruncate(fd, 2 * KX_PAGE) == 0);
  char* memory = mmap(NULL, 2 * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  struct gate go = make_gate(), done = make_gate();
  pid_t child;
  START(child) {
    char text[8] = "";
    memory[0] = 'C';
    NEED(pwrite(fd, "PWRITE", 6, KX_PAGE) == 6);
    open_gate(done);
    pass_gate(go);
    NEED(pread(fd, text, 3, 1) == 3);
    say("child: by read %s, by memory %.3s\n", text, memory + 1);
  }
  pass_gate(done);
  say("parent: %.10s %s\n", memory, memory + KX_PAGE);
  memory[1] = 'P';
  open_gate(go);
  reap("child", child);
  NEED(msync(memory, KX_PAGE, MS_SYNC) == 0);
  char text[16] = "";
  NEED(pread(fd, text, 10, 0) == 10);
  say("file: %s\n", text);
}
