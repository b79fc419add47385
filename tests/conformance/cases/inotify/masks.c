// Replacing a mask, IN_MASK_ADD, IN_MASK_CREATE, IN_ONESHOT, IN_ONLYDIR, IN_DONT_FOLLOW, IN_EXCL_UNLINK: inotify(7).
#include "watching.h"

CASE {
  int watcher = make_watcher();
  close(file_with("file", ""));
  NEED(symlink("file", "link") == 0 && mkdir("dir", 0755) == 0);
  int first = SHOW(inotify_add_watch(watcher, "file", IN_MODIFY));
  SHOW(inotify_add_watch(watcher, "file", IN_ATTRIB) == first);
  NEED(truncate("file", 5) == 0 && chmod("file", 0600) == 0);
  show_events("replaced", watcher);
  SHOW(inotify_add_watch(watcher, "link", IN_MODIFY | IN_MASK_ADD) == first);
  NEED(truncate("file", 6) == 0 && chmod("file", 0644) == 0);
  show_events("added", watcher);
  SHOW(inotify_add_watch(watcher, "file", IN_OPEN | IN_MASK_CREATE));
  SHOW(inotify_add_watch(watcher, "dir", IN_CREATE | IN_MASK_CREATE | IN_MASK_ADD));
  SHOW(inotify_add_watch(watcher, "dir", IN_CREATE | IN_ONESHOT | IN_MASK_CREATE));
  close(open("dir/a", O_CREAT | O_WRONLY, 0644));
  close(open("dir/b", O_CREAT | O_WRONLY, 0644));
  show_events("one-shot", watcher);
  SHOW(inotify_rm_watch(watcher, 2));
  SHOW(inotify_add_watch(watcher, "file", IN_OPEN | IN_ONLYDIR));
  SHOW(inotify_add_watch(watcher, "link", IN_DELETE_SELF | IN_ATTRIB | IN_DONT_FOLLOW));
  NEED(unlink("link") == 0);
  show_events("link itself", watcher);
  SHOW(inotify_add_watch(watcher, "dir", IN_MODIFY | IN_EXCL_UNLINK));
  int fd = open("dir/a", O_WRONLY);
  NEED(write(fd, "x", 1) == 1 && unlink("dir/a") == 0 && write(fd, "y", 1) == 1);
  show_events("unlinked is left out", watcher);
}
