// What sockets refuse as files: lseek, pread, ftruncate, mmap, open by name, and what fstat tells: unix(7), lseek(2).
#include <sys/socket.h>
#include <sys/un.h>

#include "case.h"

CASE {
  int ends[2];
  char text[8] = "";
  NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  SHOW(lseek(ends[0], 0, SEEK_CUR));
  SHOW(pread(ends[0], text, 1, 0));
  SHOW(pwrite(ends[0], "x", 1, 0));
  SHOW(ftruncate(ends[0], 0));
  SHOW(fsync(ends[0]));
  SHOW(fallocate(ends[0], 0, 0, 10));
  SHOW(posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL));
  SHOW(mmap(NULL, KX_PAGE, PROT_READ, MAP_SHARED, ends[0], 0) == MAP_FAILED);
  SHOW(getdents64(ends[0], text, sizeof text));
  SHOW(fchdir(ends[0]));
  struct stat facts;
  SHOW(fstat(ends[0], &facts));
  say("socket %d, mode %o, size %ld, links %d\n", S_ISSOCK(facts.st_mode), facts.st_mode & 07777, (long)facts.st_size,
      (int)facts.st_nlink);
  char link[64] = "";
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
  NEED(readlink(path, link, sizeof link - 1) > 0);
  say("%.8s\n", link);
  SHOW(open(path, O_RDWR));
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(bind(fd, (struct sockaddr*)&address, sizeof address) == 0);
  SHOW(open("socket", O_RDWR));
  SHOW(open("socket", O_RDONLY | O_NONBLOCK));
  SHOW(open("socket", O_PATH) >= 0);
  SHOW(truncate("socket", 0));
  SHOW(read(ends[0], text, 0));
  SHOW(write(ends[0], text, 0));
  SHOW(fcntl(ends[0], F_GETPIPE_SZ));
  NEED(close(ends[1]) == 0);
  SHOW(read(ends[0], text, 1));
}
