// lockf around read and write keeps a counter in a file exact over four processes: lockf(3).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0000");
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) {
      int own = open("file", O_RDWR);
      for (int j = 0; j < 50; j++) {
        char text[8] = "";
        NEED(lockf(own, F_LOCK, 4) == 0);
        NEED(read(own, text, 4) == 4 && lseek(own, 0, SEEK_SET) == 0);
        snprintf(text, sizeof text, "%04d", (atoi(text) + 1) % 10000);
        NEED(write(own, text, 4) == 4 && lseek(own, 0, SEEK_SET) == 0);
        NEED(lockf(own, F_ULOCK, 4) == 0);
      }
    }
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  char text[8] = "";
  NEED(pread(fd, text, 4, 0) == 4);
  say("%s\n", text);
}
