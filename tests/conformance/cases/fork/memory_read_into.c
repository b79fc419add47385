// What a system call writes into memory of the child is not seen by the parent, though the page was common: fork(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "from the file");
  char* memory = fresh_pages(40);
  memset(memory, 'x', 40 * KX_PAGE);
  pid_t child;
  START(child) {
    say("child: %ld", (long)pread(fd, memory + 100, 13, 0));
    say(" %.13s\n", memory + 100);
    struct stat status;
    NEED(fstat(fd, (struct stat*)(memory + 2 * KX_PAGE)) == 0 && fstat(fd, &status) == 0);
    say("child: size %ld\n", (long)((struct stat*)(memory + 2 * KX_PAGE))->st_size);
    int zero = open("/dev/zero", O_RDONLY);
    say("child: %ld\n", (long)read(zero, memory + 3 * KX_PAGE + 50, 30 * KX_PAGE));
    int* ends = (int*)(memory + 36 * KX_PAGE);
    NEED(pipe(ends) == 0);
    NEED(getcwd(memory + 37 * KX_PAGE - 4, 2000) != NULL);
    NEED(write(ends[1], "y", 1) == 1 && read(ends[0], memory + 39 * KX_PAGE, 1) == 1);
    say("child: %c\n", memory[39 * KX_PAGE]);
  }
  reap("child", child);
  long changed = 0;
  for (long i = 0; i < 40 * KX_PAGE; i++) changed += memory[i] != 'x';
  SHOW(changed);
  START(child) say("second child: %c\n", memory[3 * KX_PAGE + 60]);
  NEED(pread(fd, memory + 3 * KX_PAGE + 60, 1, 2) == 1);
  reap("second child", child);
  say("parent: %c\n", memory[3 * KX_PAGE + 60]);
}
