// Equal events at the end of the queue are one; others between keep them apart: inotify(7).
#include "watching.h"

CASE {
  int watcher = make_watcher();
  int one = file_with("one", ""), two = file_with("two", "");
  NEED(inotify_add_watch(watcher, ".", IN_MODIFY | IN_ATTRIB) == 1);
  for (int i = 0; i < 5; i++) must_write(one, "x");
  show_events("five writes", watcher);
  for (int i = 0; i < 3; i++) {
    must_write(one, "x");
    must_write(two, "x");
  }
  show_events("by turns", watcher);
  must_write(one, "x");
  NEED(fchmod(one, 0600) == 0 && fchmod(one, 0644) == 0);
  must_write(one, "x");
  show_events("attributes between", watcher);
  must_write(one, "x");
  show_poll("ready", watcher, POLLIN | POLLOUT, 0);
  show_events("one", watcher);
  show_poll("not ready", watcher, POLLIN | POLLOUT, 0);
}
