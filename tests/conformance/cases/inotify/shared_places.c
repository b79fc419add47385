// A file is watched by its place, whichever way it is reached: by a link, by /proc/self/fd, by another name:
// inotify(7).
#include "watching.h"

CASE {
  char name[64];
  int watcher = make_watcher(), fd = file_with("file", "");
  NEED(link("file", "second") == 0 && symlink("file", "third") == 0);
  int number = SHOW(inotify_add_watch(watcher, "file", IN_MODIFY));
  SHOW(inotify_add_watch(watcher, "second", IN_MODIFY) == number);
  SHOW(inotify_add_watch(watcher, "third", IN_MODIFY) == number);
  sprintf(name, "/proc/self/fd/%d", fd);
  SHOW(inotify_add_watch(watcher, name, IN_MODIFY));
  must_write(fd, "x");
  show_events("written", watcher);
  NEED(unlink("file") == 0);
  must_write(fd, "y");
  show_events("by the other name", watcher);
  char* memory = mmap(NULL, KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  NEED(memory != MAP_FAILED);
  memory[0] = 'z';
  NEED(msync(memory, KX_PAGE, MS_SYNC) == 0);
  show_events("by memory, unseen", watcher);
}
