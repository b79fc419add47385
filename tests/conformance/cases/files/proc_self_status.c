// /proc/self/status, stat, cmdline, comm, environ and limits describe this process: proc(5).
// args: one "two words"
#include "case.h"

static char text[65536];

static long slurp(const char* path) {
  int fd = open(path, O_RDONLY);
  long size = 0, got;
  while (fd >= 0 && (got = read(fd, text + size, sizeof text - 1 - (size_t)size)) > 0) size += got;
  close(fd);
  text[size] = 0;
  return size;
}

static long field(const char* name) {
  char* found = strstr(text, name);
  return found ? strtol(found + strlen(name), NULL, 10) : -999;
}

CASE {
  CHECK(slurp("/proc/self/status") > 200);
  say("%.*s\n", (int)strcspn(text, "\n"), text);
  CHECK(field("\nPid:") == getpid());
  CHECK(field("\nPPid:") == getppid());
  SHOW(field("\nThreads:"));
  CHECK(field("\nVmRSS:") > 0 && field("\nVmSize:") >= field("\nVmRSS:"));
  CHECK(field("\nUid:") == (long)getuid());
  CHECK(slurp("/proc/self/stat") > 50);
  CHECK(strtol(text, NULL, 10) == getpid());
  CHECK(strstr(text, "(proc_self_statu) R ") != NULL);
  long size = slurp("/proc/self/cmdline");
  int words = 0;
  for (long i = 0; i < size; i++) words += text[i] == 0;
  SHOW(words);
  say("%s\n", text + size - 10);
  SHOW(slurp("/proc/self/comm"));
  say("%s", text);
  CHECK(slurp("/proc/self/environ") > 0);
  CHECK(memmem(text, sizeof text, "KX_CASE=a value", 15) != NULL);
  CHECK(slurp("/proc/self/limits") > 500);
  CHECK(strstr(text, "Max open files") != NULL);
  CHECK(slurp("/proc/self/statm") > 10);
}
