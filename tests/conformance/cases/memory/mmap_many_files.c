// Hundreds of files mapped at once, each with its own content, also in a child: mmap(2).
#include <sys/wait.h>

#include "case.h"

enum { files = 700 };

static int wrong(char* const* maps) {
  int count = 0;
  for (int i = 0; i < files; ++i) {
    char expected[16];
    snprintf(expected, sizeof expected, "file %d", i);
    count += maps[i] != NULL && strcmp(maps[i], expected) != 0;
  }
  return count;
}

CASE {
  static char* maps[files];
  for (int i = 0; i < files; ++i) {
    char text[16];
    snprintf(text, sizeof text, "file %d", i);
    int fd = file_with("file", text);
    maps[i] = mmap(NULL, KX_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
    NEED(maps[i] != MAP_FAILED);
    NEED(close(fd) == 0 && unlink("file") == 0);
  }
  SHOW(wrong(maps));
  for (int i = 0; i < files; i += 3) {
    NEED(munmap(maps[i], KX_PAGE) == 0);
    maps[i] = NULL;
  }
  SHOW(wrong(maps));
  pid_t child = fork();
  if (child == 0) _exit(wrong(maps) == 0 ? 7 : 8);
  int status = 0;
  SHOW(waitpid(child, &status, 0) == child);
  SHOW(WEXITSTATUS(status));
}
