// A pipe with close-on-exec tells the parent whether exec worked: a byte if not, the end if so: pipe(2).
// marks: fork
#include "relatives.h"

static void try(const char* path) {
  int ends[2], code = 0;
  NEED(pipe2(ends, O_CLOEXEC) == 0);
  pid_t child;
  START(child) {
    execl(path, path, (char*)NULL);
    code = errno;
    NEED(write(ends[1], &code, sizeof code) == sizeof code);
    _exit(127);
  }
  close(ends[1]);
  ssize_t got = read(ends[0], &code, sizeof code);
  say("%s: %s\n", path, got == 0 ? "executed" : errno_name(code));
  close(ends[0]);
  reap("child", child);
}

CASE {
  try("/bin/true");
  try("/no/such/program");
  try("/etc/passwd");
  try("/bin");
}
