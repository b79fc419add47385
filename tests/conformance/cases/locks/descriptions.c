// Locks of the process and of open file descriptions conflict, even on one description: fcntl(2).
#include <pthread.h>

#include "case.h"

static int fd;

static long lock(int file, int command, short type, off_t start, off_t length) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  long result = fcntl(file, command, &lock);
  if (result == 0 && (command == F_GETLK || command == F_OFD_GETLK))
    say("  type %d start %ld length %ld, %s\n", lock.l_type, (long)lock.l_start, (long)lock.l_len,
        lock.l_pid == -1         ? "a description"
        : lock.l_pid == getpid() ? "we"
                                 : "nobody");
  return result;
}

static void* release(void* unused) {
  (void)unused;
  usleep(50000);
  say("released\n");
  lock(fd, F_OFD_SETLK, F_UNLCK, 0, 0);
  return NULL;
}

CASE {
  fd = file_with("file", "0123456789");
  int read_only = open("file", O_RDONLY), write_only = open("file", O_WRONLY);
  SHOW(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 4));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 2, 4));
  SHOW(lock(fd, F_GETLK, F_RDLCK, 2, 4));
  SHOW(lock(fd, F_SETLK, F_RDLCK, 4, 4));
  SHOW(lock(read_only, F_OFD_SETLK, F_RDLCK, 4, 2));
  SHOW(lock(write_only, F_OFD_SETLK, F_WRLCK, 6, 2));
  SHOW(lock(write_only, F_OFD_GETLK, F_WRLCK, 6, 1));
  SHOW(lock(read_only, F_SETLK, F_WRLCK, 6, 2));
  SHOW(lock(write_only, F_SETLK, F_RDLCK, 6, 2));
  SHOW(lock(fd, F_SETLK, F_WRLCK, 4, 2));
  SHOW(lock(fd, F_GETLK, F_UNLCK, 0, 2));
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, release, NULL) == 0);
  SHOW(lock(fd, F_SETLKW, F_WRLCK, 0, 4));
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(lock(fd, F_OFD_GETLK, F_RDLCK, 0, 1));
}
