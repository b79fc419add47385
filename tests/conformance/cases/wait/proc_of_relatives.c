// /proc lists the processes there are, each with name, arguments and status; files of one that has gone cannot be
// opened: proc(5). marks: fork
#include <dirent.h>

#include "relatives.h"

static int is_listed(pid_t pid) {
  DIR* directory = opendir("/proc");
  NEED(directory);
  int found = 0;
  for (struct dirent* entry; (entry = readdir(directory));) {
    found += entry->d_type == DT_DIR && atoi(entry->d_name) == pid;
  }
  closedir(directory);
  return found;
}

static const char* text_of(pid_t pid, const char* name, ssize_t* size) {
  static char text[4096];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  *size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[*size < 0 ? 0 : *size] = 0;
  return *size < 0 ? errno_name(errno) : text;
}

// The lines of status that are the same everywhere.
static void show_lines(pid_t pid) {
  ssize_t size;
  char* text = strdup(text_of(pid, "status", &size));
  for (char* line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    if (strncmp(line, "Name:", 5) == 0 || strncmp(line, "Threads:", 8) == 0 || strncmp(line, "State:\tZ", 8) == 0) {
      say("  %s\n", line);
    } else if (strncmp(line, "PPid:", 5) == 0) {
      say("  PPid: the parent %d\n", atoi(line + 5) == getpid());
    } else if (strncmp(line, "Uid:", 4) == 0) {
      say("  Uid: ours %d\n", (uid_t)atoi(line + 4) == getuid());
    }
  }
  free(text);
}

static void show(const char* when, pid_t pid) {
  ssize_t size;
  say("%s: listed %d\n", when, is_listed(pid));
  say("  comm %s", text_of(pid, "comm", &size));
  const char* text = text_of(pid, "cmdline", &size);
  say("\n  cmdline of %zd:", size);
  for (ssize_t at = 0; at < size; at += (ssize_t)strlen(text + at) + 1) say(" [%s]", text + at);
  say("\n");
  show_lines(pid);
}

CASE {
  struct gate ready = make_gate();
  int ends[2];
  NEED(pipe(ends) == 0);
  pid_t parent = getpid(), child;
  START(child) {
    ssize_t size;
    say("parent: listed %d, self %d, comm as ours %d\n", is_listed(parent), is_listed(getpid()),
        strcmp(strdup(text_of(parent, "comm", &size)), text_of(getpid(), "comm", &size)) == 0);
    NEED(dup2(ends[0], 0) == 0 && dup2(ready.writer, 1) == 1);
    execl("/bin/sh", "the shell", "-c", "printf g; read line; exit 4", "", "last", (char*)NULL);
  }
  pass_gate(ready);
  show("running", child);
  NEED(write(ends[1], "\n", 1) == 1);
  await_zombie(child);
  show("zombie", child);
  reap("child", child);
  say("gone: listed %d, stat %s\n", is_listed(child), (text_of(child, "stat", &(ssize_t){0})));
  struct stat status;
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", child);
  SHOW(stat(path, &status));
}
