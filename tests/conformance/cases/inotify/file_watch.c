// A watch on a file itself: opening, reading, writing, truncating, changing attributes, links, removal: inotify(7).
#include "watching.h"

CASE {
  char text[8];
  int watcher = make_watcher();
  close(file_with("file", "text"));
  SHOW(inotify_add_watch(watcher, "file", IN_ALL_EVENTS));
  int fd = open("file", O_RDWR);
  NEED(read(fd, text, 4) == 4);
  show_events("open and read", watcher);
  NEED(write(fd, "more", 4) == 4 && ftruncate(fd, 2) == 0);
  show_events("write and truncate", watcher);
  NEED(fchmod(fd, 0600) == 0 && futimens(fd, NULL) == 0);
  show_events("attributes", watcher);
  NEED(link("file", "other") == 0);
  show_events("link", watcher);
  NEED(close(fd) == 0);
  show_events("close", watcher);
  NEED(close(open("other", O_RDONLY)) == 0);
  show_events("opened by its other name", watcher);
  NEED(truncate("file", 0) == 0 && unlink("other") == 0);
  show_events("truncate and unlink", watcher);
  fd = open("file", O_RDONLY);
  NEED(unlink("file") == 0);
  show_events("unlink while open", watcher);
  NEED(close(fd) == 0);
  show_events("gone", watcher);
  SHOW(inotify_rm_watch(watcher, 1));
}
