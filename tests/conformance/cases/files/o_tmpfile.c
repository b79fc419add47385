// O_TMPFILE makes a file without a name, which linkat can give it: open(2), linkat(2).
#include "case.h"

// Not every file system has O_TMPFILE: virtiofs in the software lane answers EOPNOTSUPP.
static void show_nameless(const char* directory, const char* name) {
  int fd = SHOW(open(directory, O_TMPFILE | O_RDWR, 0600));
  if (fd >= 0) {
    SHOW(write(fd, "nameless", 8));
    struct stat status;
    if (SHOW(fstat(fd, &status)) == 0) say("links %ld size %ld\n", (long)status.st_nlink, (long)status.st_size);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    SHOW(linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW));
    if (SHOW(stat(name, &status)) == 0)
      say("links %ld size %ld mode %o\n", (long)status.st_nlink, (long)status.st_size, status.st_mode & 07777);
    SHOW(unlink(name));
    SHOW(close(fd));
  }
  SHOW(open(directory, O_TMPFILE | O_RDONLY, 0600));
}

CASE {
  show_nameless(".", "named");
  // A tmpfs where there is one, which has O_TMPFILE on every kernel.
  char name[64];
  snprintf(name, sizeof name, "/dev/shm/kx-o_tmpfile-%d", (int)getpid());
  show_nameless("/dev/shm", name);
  SHOW(close(open("file", O_CREAT | O_RDWR, 0600)));
  SHOW(open("file", O_TMPFILE | O_RDWR, 0600));
}
