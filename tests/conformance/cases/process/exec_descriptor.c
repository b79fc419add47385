// Programs run by descriptor: /proc/self/exe, /dev/fd/N, fexecve, execveat with a directory: execveat(2).
#include <sys/auxv.h>

#define KX_CASE_OWN_MAIN
#include "case.h"

static char* environment[] = {"KX_CASE=next", NULL};

// Keeps only the last part of a path, since the place of the program is not the same everywhere.
static const char* base(const char* path) {
  const char* slash = strrchr(path, '/');
  return strncmp(path, "/dev/fd/", 8) == 0 || !slash ? path : slash + 1;
}

static void errors(char* program) {
  char* argv[] = {"x", "9", NULL};
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), directory = open(".", O_RDONLY | O_CLOEXEC);
  NEED(self >= 0 && directory >= 0 && symlink(program, "link") == 0);
  SHOW(syscall(SYS_execveat, self, "", argv, environment, 0));
  SHOW(syscall(SYS_execveat, self, "", argv, environment, 1));
  SHOW(syscall(SYS_execveat, self, "x", argv, environment, AT_EMPTY_PATH));
  SHOW(syscall(SYS_execveat, 99, "", argv, environment, AT_EMPTY_PATH));
  SHOW(syscall(SYS_execveat, 99, "link", argv, environment, 0));
  SHOW(syscall(SYS_execveat, directory, "", argv, environment, AT_EMPTY_PATH));
  SHOW(syscall(SYS_execveat, directory, "missing", argv, environment, 0));
  SHOW(syscall(SYS_execveat, directory, "link", argv, environment, AT_SYMLINK_NOFOLLOW));
  SHOW(syscall(SYS_execveat, AT_FDCWD, "link", argv, environment, AT_SYMLINK_NOFOLLOW));
  SHOW(execve("/dev/fd/99", argv, environment));
  SHOW(execve("/proc/self/status", argv, environment));
  SHOW(execve("/proc/self", argv, environment));
  int script = open("script", O_WRONLY | O_CREAT, 0755);
  NEED(write(script, "#!/bin/cat\nthe script\n", 22) == 22 && close(script) == 0);
  script = open("script", O_RDONLY | O_CLOEXEC);
  SHOW(syscall(SYS_execveat, script, "", argv, environment, AT_EMPTY_PATH));
  NEED(close(script) == 0 && close(self) == 0 && close(directory) == 0);
}

int main(int argc, char** argv) {
  int step = argc > 2 ? atoi(argv[2]) : 0;
  say("step %d as %s, known as %s\n", step, argc > 2 ? argv[0] : "itself", base((char*)getauxval(AT_EXECFN)));
  NEED(argc > 1 && chdir(argv[1]) == 0);
  char next[8], path[64];
  snprintf(next, sizeof next, "%d", step + 1);
  char* arguments[] = {"again", argv[1], next, NULL};
  int self = open("/proc/self/exe", O_RDONLY);
  NEED(self >= 0);
  switch (step) {
    case 0:
      errors(argv[0]);
      SHOW(execve("/proc/self/exe", arguments, environment));
      break;
    case 1:
      snprintf(path, sizeof path, "/dev/fd/%d", self);
      SHOW(execve(path, arguments, environment));
      break;
    case 2:
      SHOW(fexecve(self, arguments, environment));
      break;
    case 3:
      SHOW(syscall(SYS_execveat, open(".", O_RDONLY), "link", arguments, environment, 0));
      break;
    case 4:
      arguments[1] = NULL;  // cat has nothing else to print
      SHOW(syscall(SYS_execveat, open("script", O_RDONLY), "", arguments, environment, AT_EMPTY_PATH));
      break;
  }
  return 1;
}
