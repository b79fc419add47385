// For cases about inotify: what a watcher has to tell, one line for each event.
#ifndef KX_WATCHING_H
#define KX_WATCHING_H

#include <sys/inotify.h>

#include "readiness.h"

static KX_UNUSED const char* watch_names(uint32_t mask) {
  static char text[200];
  static const struct {
    uint32_t bit;
    const char* name;
  } names[] = {{IN_ACCESS, "ACCESS"},
               {IN_MODIFY, "MODIFY"},
               {IN_ATTRIB, "ATTRIB"},
               {IN_CLOSE_WRITE, "CLOSE_WRITE"},
               {IN_CLOSE_NOWRITE, "CLOSE_NOWRITE"},
               {IN_OPEN, "OPEN"},
               {IN_MOVED_FROM, "MOVED_FROM"},
               {IN_MOVED_TO, "MOVED_TO"},
               {IN_CREATE, "CREATE"},
               {IN_DELETE, "DELETE"},
               {IN_DELETE_SELF, "DELETE_SELF"},
               {IN_MOVE_SELF, "MOVE_SELF"},
               {IN_UNMOUNT, "UNMOUNT"},
               {IN_Q_OVERFLOW, "OVERFLOW"},
               {IN_IGNORED, "IGNORED"},
               {IN_ISDIR, "ISDIR"}};
  text[0] = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if ((mask & names[i].bit) == 0) continue;
    if (text[0] != 0) strcat(text, "|");
    strcat(text, names[i].name);
    mask &= ~names[i].bit;
  }
  if (mask != 0) strcat(text, "|other");
  return text;
}

static KX_UNUSED int make_watcher(void) {
  int watcher = inotify_init1(IN_NONBLOCK);
  NEED(watcher >= 0);
  return watcher;
}

// Reads all there is. Cookies are said as whether they are the same as the event's before.
static KX_UNUSED void show_events(const char* after, int watcher) {
  static char buffer[16384] __attribute__((aligned(8)));
  uint32_t cookie = 0;
  long size;
  say("%s:\n", after);
  while ((size = read(watcher, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < size;) {
      struct inotify_event* event = (struct inotify_event*)(buffer + at);
      say("  %d %s %s%s\n", event->wd, watch_names(event->mask), event->len != 0 ? event->name : "-",
          event->cookie == 0        ? ""
          : event->cookie == cookie ? " same cookie"
                                    : " cookie");
      cookie = event->cookie;
      at += (long)(sizeof *event + event->len);
    }
  }
  NEED(size == -1 && errno == EAGAIN);
}

#endif
