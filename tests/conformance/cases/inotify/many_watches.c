// Watches on many directories, removed in another order; descriptors count up and closing ends all: inotify(7).
#include "watching.h"

CASE {
  char name[32];
  int watcher = make_watcher();
  for (int i = 0; i < 40; i++) {
    sprintf(name, "dir%d", i);
    NEED(mkdir(name, 0755) == 0 && inotify_add_watch(watcher, name, IN_CREATE | IN_DELETE_SELF) == i + 1);
  }
  for (int i = 39; i >= 0; i -= 13) {
    sprintf(name, "dir%d/file", i);
    close(file_with(name, ""));
  }
  show_events("files", watcher);
  for (int i = 3; i < 40; i += 12) NEED(inotify_rm_watch(watcher, i + 1) == 0);
  show_events("removed", watcher);
  NEED(rmdir("dir3") == 0 && rmdir("dir4") == 0);
  show_events("directories removed", watcher);
  SHOW(inotify_add_watch(watcher, "dir15", IN_CREATE));
  int second = make_watcher();
  SHOW(inotify_add_watch(second, "dir15", IN_CREATE));
  close(file_with("dir15/new", ""));
  show_events("first", watcher);
  NEED(close(watcher) == 0);
  show_events("second", second);
}
