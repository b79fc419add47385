// An inotify descriptor in epoll, level and edge, and after a read that leaves events: inotify(7), epoll(7).
#include "watching.h"

static void make(const char* name) {
  int fd = open(name, O_CREAT | O_WRONLY, 0644);
  NEED(fd >= 0 && close(fd) == 0);
}

CASE {
  char buffer[40];
  int watcher = make_watcher(), level = make_epoll(), edge = make_epoll();
  NEED(inotify_add_watch(watcher, ".", IN_CREATE) == 1);
  watch(level, watcher, EPOLLIN, 1);
  watch(edge, watcher, EPOLLIN | EPOLLET, 2);
  show_ready("nothing", level);
  make("one");
  show_wait("level", level, 8, 10000);
  show_ready("edge", edge);
  show_ready("edge again", edge);
  make("two");
  show_ready("edge, second event", edge);
  SHOW(read(watcher, buffer, sizeof buffer));
  show_ready("level, one left", level);
  show_ready("edge, one left", edge);
  show_events("rest", watcher);
  show_ready("level, none left", level);
  NEED(inotify_rm_watch(watcher, 1) == 0);
  show_ready("level, watch removed", level);
  show_ready("edge, watch removed", edge);
  show_events("ignored", watcher);
}
