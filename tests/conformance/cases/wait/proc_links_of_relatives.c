// What /proc shows of the files and the memory of a child and of a parent: cwd, exe, fd, environ, maps: proc(5).
// marks: fork
#include <dirent.h>

#include "relatives.h"

static char own_directory[PATH_MAX];

// With the case's directory left out, which differs from run to run.
static const char* shown(const char* path) {
  size_t size = strlen(own_directory);
  return strncmp(path, own_directory, size) == 0 ? path + size : path;
}

static void link_of(pid_t pid, const char* name) {
  char path[64], text[PATH_MAX] = "";
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  errno = 0;
  ssize_t size = readlink(path, text, sizeof text - 1);
  say("%s: %s %s\n", name, size < 0 ? "-" : "links to", size < 0 ? errno_name(errno) : shown(text));
}

static long text_of(pid_t pid, const char* name, char* text, size_t capacity) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  size_t size = 0;
  ssize_t got;
  while (size < capacity - 1 && (got = read(fd, text + size, capacity - 1 - size)) > 0) size += (size_t)got;
  close(fd);
  text[size] = 0;
  return (long)size;
}

static int has_descriptor(pid_t pid, int fd) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR* directory = opendir(path);
  NEED(directory);
  int found = 0;
  for (struct dirent* entry; (entry = readdir(directory));)
    found += entry->d_type == DT_LNK && atoi(entry->d_name) == fd;
  closedir(directory);
  return found;
}

CASE {
  static char text[65536], own[65536];
  struct gate ready = make_gate(), end = make_gate();
  NEED(getcwd(own_directory, sizeof own_directory) && mkdir("sub", 0755) == 0);
  pid_t child, parent = getpid();
  START(child) {
    NEED(chdir("sub") == 0);
    int fd = file_with("file", "content");
    NEED(dup2(fd, 77) == 77);
    say("of the parent\n");
    link_of(parent, "cwd");
    open_gate(ready);
    pass_gate(end);
  }
  pass_gate(ready);
  say("of the child\n");
  link_of(child, "cwd");
  link_of(child, "root");
  link_of(child, "fd/77");
  link_of(child, "fd/78");
  link_of(child, "fd");
  char path[64], exe[PATH_MAX] = "", own_exe[PATH_MAX] = "";
  snprintf(path, sizeof path, "/proc/%d/exe", child);
  NEED(readlink(path, exe, sizeof exe - 1) > 0 && readlink("/proc/self/exe", own_exe, sizeof own_exe - 1) > 0);
  CHECK(strcmp(exe, own_exe) == 0);
  CHECK(has_descriptor(child, 77));
  CHECK(has_descriptor(child, 78));
  long size = text_of(child, "environ", text, sizeof text), own_size = text_of(parent, "environ", own, sizeof own);
  CHECK(size > 0 && size == own_size && memcmp(text, own, (size_t)size) == 0);
  CHECK(text_of(child, "maps", text, sizeof text) > 0 && strstr(text, "[stack]"));
  CHECK(text_of(child, "limits", text, sizeof text) > 0 && strstr(text, "Max open files"));
  snprintf(path, sizeof path, "cwd/file");
  SHOW(text_of(child, path, text, sizeof text));
  say("%s\n", text);
  SHOW(text_of(child, "fd/77", text, sizeof text));
  SHOW(text_of(child, "cwd/none", text, sizeof text));
  struct stat status;
  snprintf(path, sizeof path, "/proc/%d/fd/77", child);
  NEED(lstat(path, &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  NEED(stat(path, &status) == 0);
  CHECK(S_ISREG(status.st_mode) && status.st_size == 7);
  open_gate(end);
  await_zombie(child);
  say("of a zombie\n");
  link_of(child, "cwd");
  link_of(child, "exe");
  reap("child", child);
  link_of(child, "cwd");
}
