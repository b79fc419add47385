// At its highest value an eventfd is not writable; writers wait or get EAGAIN; zero can always be added: eventfd(2).
// marks: threads
#include <pthread.h>
#include <sys/eventfd.h>

#include "readiness.h"

static int fd;

static void* adder(void* unused) {
  (void)unused;
  NEED(eventfd_write(fd, 5) == 0);
  return NULL;
}

CASE {
  uint64_t value;
  pthread_t thread;
  int epoll = make_epoll();
  fd = eventfd(0, EFD_NONBLOCK);
  watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, 1);
  show_ready("zero", epoll);
  SHOW(eventfd_write(fd, UINT64_MAX - 2));
  show_ready("nearly full", epoll);
  show_poll("nearly full", fd, POLLIN | POLLOUT | POLLERR, 0);
  SHOW(eventfd_write(fd, 2));
  SHOW(eventfd_write(fd, UINT64_MAX));
  SHOW(eventfd_write(fd, 1));
  show_poll("full", fd, POLLIN | POLLOUT, 0);
  show_ready("full", epoll);
  SHOW(eventfd_write(fd, 1));
  SHOW(eventfd_write(fd, 0));
  show_ready("zero added", epoll);
  NEED(fcntl(fd, F_SETFL, 0) == 0);
  NEED(pthread_create(&thread, NULL, adder, NULL) == 0);
  nap();
  SHOW(read(fd, &value, 8));
  CHECK(value == UINT64_MAX - 1);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(read(fd, &value, 8));
  SHOW(value);
  show_ready("read", epoll);
}
