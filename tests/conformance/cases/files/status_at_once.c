// fstat(2) right after open(2), after what others did in between: another descriptor, a thread, a child that tells by
// shared memory alone.
// marks: fork lane
#include <pthread.h>

#include "relatives.h"

static void show_size(const char* when, int fd) {
  struct stat status;
  NEED(fstat(fd, &status) == 0);
  say("%s: %lld bytes, links %d, mode %o\n", when, (long long)status.st_size, (int)status.st_nlink,
      (unsigned)status.st_mode);
}

static void* grow(void* name) {
  NEED(truncate(name, 100) == 0);
  return NULL;
}

CASE {
  int other = file_with("file", "12345");
  int fd = open("file", O_RDONLY);
  show_size("opened", fd);
  show_size("again", fd);
  NEED(close(fd) == 0 && (fd = open("file", O_RDONLY)) >= 0);
  NEED(pwrite(other, "678", 3, 5) == 3);
  show_size("written by another descriptor", fd);
  NEED(close(fd) == 0 && (fd = open("file", O_RDONLY)) >= 0);
  NEED(unlink("file") == 0);
  show_size("unlinked", fd);
  NEED(close(fd) == 0 && close(other) == 0);
  NEED((fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0640)) >= 0);
  show_size("new", fd);
  int first = open("new", O_RDONLY), second = open("/proc/self/maps", O_RDONLY);
  NEED(first >= 0 && second >= 0);
  show_size("the one before the last", first);
  NEED(close(first) == 0 && close(second) == 0);
  NEED((first = open("new", O_RDONLY)) >= 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, grow, "new") == 0 && pthread_join(thread, NULL) == 0);
  show_size("grown by a thread", first);

  volatile int* turn = shared_memory(KX_PAGE);
  pid_t child;
  START(child) {
    for (int i = 0; i < 20; i++) {
      while (turn[0] != i + 1) continue;
      NEED(ftruncate(fd, i) == 0);
      turn[1] = i + 1;
    }
  }
  int good = 1;
  for (int i = 0; i < 20; i++) {
    struct stat status;
    int opened = open("new", O_RDONLY);
    turn[0] = i + 1;
    while (turn[1] != i + 1) continue;
    NEED(fstat(opened, &status) == 0);
    good = good && status.st_size == i;
    NEED(close(opened) == 0);
  }
  say("changed by a child: %s\n", good ? "seen" : "NOT SEEN");
  reap("child", child);
}
