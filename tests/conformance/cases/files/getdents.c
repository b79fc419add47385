// getdents64: all names once, types, small buffers, rewinding: getdents(2).
#include <dirent.h>

#include "case.h"

struct entry {
  uint64_t number;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[];
};

static int compare(const void* left, const void* right) {
  return strcmp(left, right);
}

static void list(int fd, size_t buffer_size) {
  static char buffer[65536] __attribute__((aligned(8)));
  static char names[1000][32];
  int count = 0;
  long got;
  while ((got = syscall(SYS_getdents64, fd, buffer, buffer_size)) > 0)
    for (long at = 0; at < got;) {
      struct entry* entry = (struct entry*)(buffer + at);
      snprintf(names[count++], 32, "%s type %d", entry->name, entry->type);
      at += entry->size;
    }
  qsort(names, (size_t)count, 32, compare);
  say("%d entries, then %ld\n", count, got);
  for (int i = 0; i < count; i++)
    if (i < 6 || i > count - 3) say("  %s\n", names[i]);
}

CASE {
  for (int i = 0; i < 300; i++) {
    char name[32];
    snprintf(name, sizeof name, "entry-%03d", i);
    close(file_with(name, ""));
  }
  NEED(mkdir("a-dir", 0755) == 0 && symlink("x", "a-link") == 0 && mkfifo("a-pipe", 0600) == 0);
  int fd = open(".", O_RDONLY | O_DIRECTORY);
  list(fd, 65536);
  SHOW(lseek(fd, 0, SEEK_SET));
  list(fd, 200);
  list(fd, 200);
  char tiny[8];
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(syscall(SYS_getdents64, fd, tiny, sizeof tiny));
  SHOW(syscall(SYS_getdents64, open("entry-001", O_RDONLY), tiny, sizeof tiny));
}
