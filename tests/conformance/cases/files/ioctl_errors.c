// Unknown ioctls give ENOTTY; FIONREAD, FIONBIO and FIOCLEX work: ioctl(2).
// variants: static,musl
#include <sys/ioctl.h>
#include <termios.h>

#include "case.h"

CASE {
  int fd = file_with("file", "0123456789"), ends[2], count = -5, on = 1;
  NEED(pipe(ends) == 0);
  struct termios terminal;
  struct winsize size;
  SHOW(ioctl(fd, 0xdead, 0));
  SHOW(ioctl(fd, TCGETS, &terminal));
  SHOW(ioctl(ends[0], TIOCGWINSZ, &size));
  SHOW(ioctl(1, TCGETS, &terminal));
  SHOW(isatty(0));
  SHOW(ioctl(fd, FIONREAD, &count));
  SHOW(count);
  NEED(write(ends[1], "abc", 3) == 3);
  SHOW(ioctl(ends[0], FIONREAD, &count));
  SHOW(count);
  SHOW(ioctl(ends[0], FIONBIO, &on));
  CHECK((fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
  SHOW(ioctl(fd, FIOCLEX, 0));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(ioctl(fd, FIONREAD, (int*)8));
}
