// For cases about readiness: events in words, one line for each wait.
#ifndef KX_READINESS_H
#define KX_READINESS_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "relatives.h"

// The names of epoll's events; those of poll have the same values.
static KX_UNUSED const char* event_names(uint32_t events) {
  static _Thread_local char text[200];
  static const struct {
    uint32_t bit;
    const char* name;
  } names[] = {{EPOLLIN, "IN"},         {EPOLLPRI, "PRI"},       {EPOLLOUT, "OUT"},       {EPOLLERR, "ERR"},
               {EPOLLHUP, "HUP"},       {POLLNVAL, "NVAL"},      {EPOLLRDNORM, "RDNORM"}, {EPOLLRDBAND, "RDBAND"},
               {EPOLLWRNORM, "WRNORM"}, {EPOLLWRBAND, "WRBAND"}, {EPOLLRDHUP, "RDHUP"}};
  text[0] = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if ((events & names[i].bit) == 0) continue;
    if (text[0] != 0) strcat(text, "|");
    strcat(text, names[i].name);
    events &= ~names[i].bit;
  }
  if (events != 0) strcat(text, "|other");
  return text[0] != 0 ? text : "none";
}

static KX_UNUSED int make_epoll(void) {
  int epoll = epoll_create1(0);
  NEED(epoll >= 0);
  return epoll;
}

static KX_UNUSED int control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(epoll, operation, fd, &event);
}

// Watches a descriptor; this has to work.
static KX_UNUSED void watch(int epoll, int fd, uint32_t events, uint64_t data) {
  NEED(control(epoll, EPOLL_CTL_ADD, fd, events, data) == 0);
}

// Waits for up to `most` events and says which came, in the order of the list.
static KX_UNUSED int show_wait(const char* when, int epoll, int most, int timeout) {
  struct epoll_event events[64];
  char text[2000];
  int size = 0, count;
  NEED(most <= 64);
  count = epoll_wait(epoll, events, most, timeout);
  if (count < 0) {
    say("%s: %s\n", when, errno_name(errno));
    return count;
  }
  text[0] = 0;
  for (int i = 0; i < count; i++)
    size += sprintf(text + size, " [%llu %s]", (unsigned long long)events[i].data.u64, event_names(events[i].events));
  say("%s: %d%s\n", when, count, text);
  return count;
}

// What is ready now.
static KX_UNUSED int show_ready(const char* when, int epoll) {
  return show_wait(when, epoll, 64, 0);
}

// Polls one descriptor and says what came.
static KX_UNUSED int show_poll(const char* when, int fd, short events, int timeout) {
  struct pollfd entry = {fd, events, 0};
  int count = poll(&entry, 1, timeout);
  if (count < 0)
    say("%s: %s\n", when, errno_name(errno));
  else
    say("%s: %d %s\n", when, count, event_names((uint16_t)entry.revents));
  return count;
}

static KX_UNUSED void make_pipe(int ends[2]) {
  NEED(pipe(ends) == 0);
}

static KX_UNUSED void must_write(int fd, const char* text) {
  NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static KX_UNUSED void set_nonblocking(int fd) {
  NEED(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

// Writes to a nonblocking descriptor until there is no room; gives how much went in.
static KX_UNUSED long fill(int fd) {
  static const char zeros[4096];
  long total = 0;
  for (;;) {
    ssize_t done = write(fd, zeros, sizeof zeros);
    if (done < 0) {
      NEED(errno == EAGAIN);
      return total;
    }
    total += done;
  }
}

// Reads from a nonblocking descriptor until nothing is left; gives how much came out.
static KX_UNUSED long drain(int fd) {
  static _Thread_local char buffer[4096];
  long total = 0;
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got <= 0) {
      NEED(got == 0 || errno == EAGAIN);
      return total;
    }
    total += got;
  }
}

static KX_UNUSED void make_pair(int pair[2], int kind) {
  NEED(socketpair(AF_UNIX, kind, 0, pair) == 0);
}

static KX_UNUSED long since_ms(const struct timespec* start) {
  struct timespec now;
  NEED(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
  return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

#endif
