// A watched directory is removed: DELETE_SELF, IGNORED, and its number is not used again: inotify(7).
#include "watching.h"

CASE {
  int watcher = make_watcher();
  NEED(mkdir("dir", 0755) == 0 && mkdir("dir/sub", 0755) == 0);
  SHOW(inotify_add_watch(watcher, "dir", IN_ALL_EVENTS));
  SHOW(inotify_add_watch(watcher, "dir/sub", IN_DELETE_SELF));
  SHOW(inotify_add_watch(watcher, ".", IN_CREATE | IN_DELETE));
  NEED(rmdir("dir/sub") == 0);
  show_events("sub removed", watcher);
  NEED(rmdir("dir") == 0);
  show_events("dir removed", watcher);
  SHOW(inotify_rm_watch(watcher, 1));
  SHOW(inotify_rm_watch(watcher, 2));
  NEED(mkdir("dir", 0755) == 0);
  SHOW(inotify_add_watch(watcher, "dir", IN_CREATE));
  close(open("dir/file", O_CREAT | O_WRONLY, 0644));
  show_events("made again", watcher);
  SHOW(inotify_rm_watch(watcher, 4));
  show_events("removed watch", watcher);
  SHOW(inotify_add_watch(watcher, "dir", IN_CREATE));
}
