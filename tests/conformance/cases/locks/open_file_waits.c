// F_OFD_SETLKW waits for another process; the lock goes when all descriptors are closed: fcntl(2).
// marks: fork
#include "relatives.h"

CASE {
  int fd = file_with("file", "0123456789");
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  NEED(fcntl(fd, F_OFD_SETLK, &lock) == 0);
  struct gate ready = make_gate();
  pid_t waiter;
  START(waiter) {
    close(fd);
    int own = open("file", O_RDWR);
    open_gate(ready);
    SHOW(fcntl(own, F_OFD_SETLKW, &lock));
  }
  pass_gate(ready);
  nap();
  SHOW(waitpid(waiter, NULL, WNOHANG));
  close(fd);
  reap("waiter", waiter);
}
