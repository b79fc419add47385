// inotify reports creation, writing, renaming and removal in order: inotify(7).
#include <sys/inotify.h>

#include "case.h"

static int watcher;

static void show_events(const char* after) {
  char buffer[4096] __attribute__((aligned(8)));
  long size = read(watcher, buffer, sizeof buffer);
  say("%s:%s\n", after, size < 0 ? " nothing" : "");
  for (long at = 0; at < size;) {
    struct inotify_event* event = (struct inotify_event*)(buffer + at);
    say("  %x %s cookie %s\n", event->mask, event->len ? event->name : "-", event->cookie ? "yes" : "no");
    at += (long)(sizeof *event + event->len);
  }
}

CASE {
  watcher = SHOW(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  int watch = SHOW(inotify_add_watch(watcher, ".", IN_CREATE | IN_MODIFY | IN_MOVE | IN_DELETE | IN_CLOSE_WRITE));
  show_events("start");
  int fd = open("file", O_CREAT | O_RDWR, 0644);
  show_events("create");
  NEED(write(fd, "text", 4) == 4);
  close(fd);
  show_events("write and close");
  NEED(rename("file", "other") == 0);
  show_events("rename");
  NEED(mkdir("dir", 0755) == 0 && unlink("other") == 0);
  show_events("mkdir and unlink");
  SHOW(inotify_rm_watch(watcher, watch));
  show_events("removed watch");
  SHOW(inotify_rm_watch(watcher, watch));
  SHOW(inotify_add_watch(watcher, "missing", IN_CREATE));
  SHOW(inotify_add_watch(watcher, ".", 0));
  SHOW(inotify_init1(0x1));
}
