// What children do to files is seen, a blocked read wakes, a child shares the queue: inotify(7).
// marks: fork
#include "watching.h"

CASE {
  char buffer[512] __attribute__((aligned(8)));
  struct inotify_event* event = (struct inotify_event*)buffer;
  int watcher = inotify_init1(IN_CLOEXEC);
  NEED(watcher >= 0 && inotify_add_watch(watcher, ".", IN_CREATE | IN_CLOSE_WRITE | IN_DELETE) == 1);
  pid_t child;
  START(child) {
    nap();
    close(file_with("by_child", "text"));
  }
  SHOW(read(watcher, buffer, sizeof buffer) >= 32);
  say("%s %s\n", watch_names(event->mask), event->name);
  reap("child", child);
  set_nonblocking(watcher);
  while (read(watcher, buffer, sizeof buffer) > 0) continue;
  NEED(unlink("by_child") == 0);
  START(child) {
    show_events("child reads", watcher);
    NEED(mkdir("dir", 0755) == 0);
    NEED(inotify_add_watch(watcher, "dir", IN_CREATE) == 2);
  }
  reap("child", child);
  close(file_with("dir/file", ""));
  show_events("parent reads", watcher);
}
