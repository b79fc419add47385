// Sizes of buffers and records: too short, exactly one event, names padded with zeros, vectors, FIONREAD: inotify(7).
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "watching.h"

static void make(const char* name) {
  int fd = open(name, O_CREAT | O_WRONLY, 0644);
  NEED(fd >= 0 && close(fd) == 0);
}

CASE {
  char buffer[1024] __attribute__((aligned(8))), name[256];
  int watcher = make_watcher(), waiting = -1;
  NEED(inotify_add_watch(watcher, ".", IN_CREATE) == 1);
  SHOW(read(watcher, buffer, 0));
  SHOW(read(watcher, buffer, 15));
  make("short");
  make("exactly_15_long");
  make("sixteen_letters_");
  SHOW(ioctl(watcher, FIONREAD, &waiting));
  SHOW(waiting);
  SHOW(read(watcher, buffer, 15));
  SHOW(read(watcher, buffer, 31));
  SHOW(read(watcher, buffer, 32));
  SHOW(((struct inotify_event*)buffer)->len);
  SHOW(read(watcher, buffer, 70));
  SHOW(((struct inotify_event*)buffer)->len);
  SHOW(read(watcher, buffer, 1024));
  struct inotify_event* event = (struct inotify_event*)buffer;
  say("%s, %u\n", event->name, event->len);
  for (size_t i = strlen(event->name); i < event->len; i++) NEED(event->name[i] == 0);
  memset(name, 'n', 255);
  name[255] = 0;
  make(name);
  SHOW(read(watcher, buffer, 1024));
  SHOW(event->len);
  SHOW(strlen(event->name));
  make("e1");
  make("e2");
  make("e3");
  struct iovec parts[3] = {{buffer, 40}, {buffer + 40, 40}, {buffer + 80, 200}};
  SHOW(readv(watcher, parts, 3));
  SHOW(readv(watcher, parts, 3));
  make("f1");
  SHOW(read(watcher, (void*)8, 100));
  SHOW(read(watcher, buffer, 100));
}
