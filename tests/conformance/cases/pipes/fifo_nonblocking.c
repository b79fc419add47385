// O_NONBLOCK on FIFOs: a reader opens at once, a writer without a reader fails with ENXIO: fifo(7).
// marks: fork
#include "relatives.h"

CASE {
  NEED(mkfifo("fifo", 0600) == 0);
  char byte;
  SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
  int reader = open("fifo", O_RDONLY | O_NONBLOCK);
  CHECK(reader >= 0);
  SHOW(read(reader, &byte, 1));
  pid_t child;
  struct gate ready = make_gate(), gate = make_gate();
  START(child) {
    int writer = open("fifo", O_WRONLY | O_NONBLOCK);
    NEED(writer >= 0);
    open_gate(ready);
    pass_gate(gate);
    NEED(write(writer, "x", 1) == 1);
    open_gate(ready);
    pass_gate(gate);
  }
  pass_gate(ready);
  SHOW(read(reader, &byte, 1));
  open_gate(gate);
  pass_gate(ready);
  SHOW(read(reader, &byte, 1));
  open_gate(gate);
  reap("child", child);
  SHOW(read(reader, &byte, 1));
  close(reader);
  SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
}
