// What poll says of files, directories, devices, pipes, sockets, counters and an epoll: poll(2).
// variants: static
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "readiness.h"

enum { all = POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND | POLLRDHUP };

CASE {
  sigset_t set = set_of(SIGUSR1);
  int ends[2], pair[2], file = file_with("file", "");
  show_poll("file", file, all, 0);
  show_poll("file, nothing asked", file, 0, 0);
  show_poll("read-only file", open("file", O_RDONLY), all, 0);
  show_poll("directory", open(".", O_RDONLY | O_DIRECTORY), all, 0);
  show_poll("O_PATH", open("file", O_PATH), all, 0);
  show_poll("null", open("/dev/null", O_RDWR), all, 0);
  show_poll("zero", open("/dev/zero", O_RDONLY), all, 0);
  show_poll("full", open("/dev/full", O_WRONLY), all, 0);
  show_poll("urandom", open("/dev/urandom", O_RDONLY), all, 0);
  show_poll("memfd", memfd_create("memory", 0), all, 0);
  show_poll("eventfd", eventfd(0, 0), all, 0);
  show_poll("timerfd", timerfd_create(CLOCK_REALTIME, 0), all, 0);
  show_poll("inotify", inotify_init(), all, 0);
  show_poll("signalfd", signalfd(-1, &set, 0), all, 0);
  show_poll("epoll", make_epoll(), all, 0);
  make_pipe(ends);
  show_poll("pipe, reading", ends[0], all, 0);
  show_poll("pipe, writing", ends[1], all, 0);
  make_pair(pair, SOCK_STREAM);
  show_poll("stream", pair[0], all, 0);
  make_pair(pair, SOCK_DGRAM);
  show_poll("datagram", pair[0], all, 0);
  make_pair(pair, SOCK_SEQPACKET);
  show_poll("packets", pair[0], all, 0);
  show_poll("new tcp", socket(AF_INET, SOCK_STREAM, 0), all, 0);
  show_poll("new udp", socket(AF_INET, SOCK_DGRAM, 0), all, 0);
  show_poll("new unix", socket(AF_UNIX, SOCK_STREAM, 0), all, 0);
}
