// inotify of the parent sees what children do to files: inotify(7).
// marks: fork
#include <sys/inotify.h>

#include "relatives.h"

CASE {
  NEED(mkdir("d", 0755) == 0);
  int fd = inotify_init1(IN_NONBLOCK);
  NEED(inotify_add_watch(fd, "d", IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE) >= 0);
  pid_t child;
  START(child) {
    close(file_with("d/one", "x"));
    NEED(rename("d/one", "d/two") == 0 && unlink("d/two") == 0);
  }
  reap("child", child);
  char buffer[4096] __attribute__((aligned(8)));
  ssize_t size = read(fd, buffer, sizeof buffer);
  for (char* at = buffer; at < buffer + size;) {
    struct inotify_event* event = (struct inotify_event*)at;
    say("%x %s\n", event->mask, event->name);
    at += sizeof *event + event->len;
  }
}
