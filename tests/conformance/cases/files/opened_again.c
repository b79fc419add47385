// /proc/self/fd/N opens a file anew, with an offset of its own, name or no name: proc(5).
#include "case.h"

static char path[64];

static const char* link_of(int fd) {
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return path;
}

static void use(const char* what, int fd) {
  say("%s\n", what);
  char text[32] = "";
  NEED(write(fd, "0123456789", 10) == 10);
  int reader = open(link_of(fd), O_RDONLY);
  SHOW(read(reader, text, 4));
  say("%s\n", text);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(write(reader, "x", 1));
  SHOW(fcntl(reader, F_GETFL) & (O_ACCMODE | O_APPEND));
  int appender = open(link_of(fd), O_WRONLY | O_APPEND | O_CLOEXEC);
  SHOW(write(appender, "more", 4));
  SHOW(fcntl(appender, F_GETFD));
  SHOW(lseek(reader, 0, SEEK_END));
  SHOW(open(link_of(fd), O_RDONLY | O_DIRECTORY));
  SHOW(open(link_of(fd), O_RDWR | O_CREAT | O_EXCL, 0600));
  int emptied = open(link_of(fd), O_RDWR | O_TRUNC);
  SHOW(lseek(emptied, 0, SEEK_END));
  SHOW(lseek(reader, 0, SEEK_END));
  close(reader), close(appender), close(emptied);
}

CASE {
  int named = open("named", O_RDWR | O_CREAT, 0600);
  use("named", named);
  int deleted = open("deleted", O_RDWR | O_CREAT, 0600);
  NEED(unlink("deleted") == 0);
  use("deleted", deleted);
  int replaced = open("replaced", O_RDWR | O_CREAT, 0600);
  NEED(unlink("replaced") == 0);
  close(file_with("replaced", "of another"));
  use("replaced", replaced);
  struct stat status;
  NEED(stat("replaced", &status) == 0);
  SHOW(status.st_size);
  use("memory", memfd_create("memory", 0));
  use("unnamed", open(".", O_RDWR | O_TMPFILE, 0600));
  // A descriptor for reading only leads to one for writing, if the name does.
  int reader = open("named", O_RDONLY);
  int writer = open(link_of(reader), O_RDWR | O_TRUNC);
  SHOW(write(writer, "written", 7));
  SHOW(lseek(reader, 0, SEEK_END));
}
