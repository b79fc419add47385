// Renaming within a directory, between watched and unwatched ones, over a file, and of a watched file: inotify(7).
#include "watching.h"

CASE {
  int watcher = make_watcher();
  NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("c", 0755) == 0);
  close(file_with("a/one", "1"));
  close(file_with("a/two", "2"));
  close(file_with("c/out", "3"));
  SHOW(inotify_add_watch(watcher, "a", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(watcher, "b", IN_MOVE | IN_DELETE));
  SHOW(inotify_add_watch(watcher, "a/one", IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB));
  NEED(rename("a/one", "a/uno") == 0);
  show_events("within", watcher);
  NEED(rename("a/uno", "b/uno") == 0);
  show_events("from a to b", watcher);
  NEED(rename("b/uno", "c/uno") == 0);
  show_events("from b to nowhere", watcher);
  NEED(rename("c/out", "b/out") == 0);
  show_events("from nowhere to b", watcher);
  NEED(rename("b/out", "a/two") == 0);
  show_events("over a file", watcher);
  NEED(mkdir("c/dir", 0755) == 0 && rename("c/dir", "b/dir") == 0);
  show_events("directory", watcher);
  NEED(rename("b", "d") == 0);
  show_events("watched directory", watcher);
  NEED(unlink("c/uno") == 0);
  show_events("watched file removed", watcher);
}
