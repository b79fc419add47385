// Record locks stay with the process over exec: fcntl(2).
// marks: fork
#include "rerun.h"

AGAIN {
  struct gate ready = {-1, atoi(words[0])}, end = {atoi(words[1]), -1};
  open_gate(ready);
  pass_gate(end);
  return 0;
}

CASE {
  int fd = file_with("file", "0123456789"), up[2], down[2];
  NEED(pipe(up) == 0 && pipe(down) == 0);
  pid_t child;
  START(child) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 3};
    NEED(fcntl(fd, F_SETLK, &lock) == 0);
    char writer[16], reader[16];
    snprintf(writer, sizeof writer, "%d", up[1]);
    snprintf(reader, sizeof reader, "%d", down[0]);
    rerun(writer, reader);
  }
  pass_gate((struct gate){up[0], up[1]});
  struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
  SHOW(fcntl(fd, F_GETLK, &lock));
  say("start %ld, length %ld, by the child %d\n", (long)lock.l_start, (long)lock.l_len, lock.l_pid == child);
  open_gate((struct gate){down[0], down[1]});
  reap("child", child);
  lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET};
  NEED(fcntl(fd, F_GETLK, &lock) == 0);
  SHOW(lock.l_type == F_UNLCK);
}
