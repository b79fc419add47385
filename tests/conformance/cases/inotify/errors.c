// What inotify_init1, inotify_add_watch and inotify_rm_watch refuse: inotify_add_watch(2).
#include "watching.h"

CASE {
  int watcher = make_watcher(), ends[2];
  char name[5000];
  make_pipe(ends);
  close(file_with("file", ""));
  memset(name, 'n', sizeof name);
  name[sizeof name - 1] = 0;
  SHOW(inotify_init1(IN_CLOEXEC | 1));
  SHOW(inotify_init1(-1));
  SHOW(inotify_add_watch(-1, ".", IN_CREATE));
  SHOW(inotify_add_watch(900, ".", IN_CREATE));
  SHOW(inotify_add_watch(ends[0], ".", IN_CREATE));
  SHOW(inotify_add_watch(ends[0], ".", 0));
  SHOW(inotify_add_watch(watcher, ".", 0));
  SHOW(inotify_add_watch(watcher, ".", IN_ISDIR));
  SHOW(inotify_add_watch(watcher, ".", IN_ONLYDIR | IN_ONESHOT) >= -1);
  SHOW(inotify_add_watch(watcher, "", IN_CREATE));
  SHOW(inotify_add_watch(watcher, "missing", IN_CREATE));
  SHOW(inotify_add_watch(watcher, "file/below", IN_CREATE));
  SHOW(inotify_add_watch(watcher, name, IN_CREATE));
  SHOW(inotify_add_watch(watcher, (char*)8, IN_CREATE));
  SHOW(inotify_add_watch(watcher, NULL, IN_CREATE));
  NEED(symlink("loop", "loop") == 0);
  SHOW(inotify_add_watch(watcher, "loop", IN_CREATE));
  SHOW(inotify_rm_watch(-1, 1));
  SHOW(inotify_rm_watch(ends[0], 1));
  SHOW(inotify_rm_watch(watcher, 77));
  SHOW(inotify_rm_watch(watcher, -1));
  SHOW(inotify_rm_watch(watcher, 0));
  SHOW(write(watcher, name, 8));
  SHOW(lseek(watcher, 0, SEEK_SET));
  SHOW(pread(watcher, name, 64, 0));
  SHOW((fcntl(watcher, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == O_NONBLOCK);
  show_events("nothing", watcher);
}
