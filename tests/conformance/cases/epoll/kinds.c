// What epoll says of each kind of descriptor: sockets, counters, timers, terminals, pidfds, message queues: epoll(7).
// marks: fork
// libs: -lrt
#include <mqueue.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include "readiness.h"
#include "terminal.h"

CASE {
  int epoll = make_epoll(), pair[2];
  enum { all = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP };
  int counter = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0), watcher = inotify_init();
  int master = open_master(), slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  struct gate go = make_gate();
  pid_t child;
  START(child) pass_gate(go);
  int process = (int)syscall(SYS_pidfd_open, child, 0);
  struct mq_attr attributes = {.mq_maxmsg = 2, .mq_msgsize = 8};
  char name[64];
  sprintf(name, "/kinds_%d", (int)getpid());
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
  NEED(queue != (mqd_t)-1 && mq_unlink(name) == 0);
  make_pair(pair, SOCK_SEQPACKET);
  watch(epoll, counter, all, 1);
  watch(epoll, timer, all, 2);
  watch(epoll, watcher, all, 3);
  watch(epoll, master, all, 4);
  watch(epoll, slave, all, 5);
  watch(epoll, process, all, 6);
  watch(epoll, (int)queue, all, 7);
  watch(epoll, pair[0], all, 8);
  show_ready("idle", epoll);
  NEED(eventfd_write(counter, UINT64_MAX - 1) == 0);
  struct itimerspec past = {{0, 0}, {1, 0}};
  NEED(timerfd_settime(timer, TFD_TIMER_ABSTIME, &past, NULL) == 0);
  show_poll("timer", timer, POLLIN, 10000);
  NEED(inotify_add_watch(watcher, ".", IN_CREATE) == 1 && mkdir("dir", 0755) == 0);
  must_write(master, "x\n");
  show_poll("slave", slave, POLLIN, 10000);
  show_poll("master", master, POLLIN, 10000);
  open_gate(go);
  await_zombie(child);
  show_poll("process", process, POLLIN, 10000);
  NEED(mq_send(queue, "m", 1, 0) == 0);
  NEED(mq_send(queue, "n", 1, 0) == 0);
  NEED(close(pair[1]) == 0);
  for (int turn = 0; turn < 2; turn++) {
    uint32_t seen[9] = {0};
    struct epoll_event events[16];
    int count = epoll_wait(epoll, events, 16, 10000);
    for (int i = 0; i < count; i++) seen[events[i].data.u32] = events[i].events;
    say("%d\n", count);
    for (int i = 1; i < 9; i++) say("%d: %s\n", i, event_names(seen[i]));
  }
  reap("child", child);
}
