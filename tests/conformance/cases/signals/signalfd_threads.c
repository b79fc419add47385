// signalfd that is waited for: blocking read, poll, epoll edges, a timer, changed masks, a dup: signalfd(2).
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>

#include "case.h"

static void show_record(int fd) {
  struct signalfd_siginfo record;
  long size = read(fd, &record, sizeof record);
  if (size != (long)sizeof record)
    say("read gave %ld %s\n", size, errno_name(errno));
  else
    say("%s code %d value %d overrun %u\n", signal_name((int)record.ssi_signo), record.ssi_code, record.ssi_int,
        record.ssi_overrun);
}

static void* send_later(void* signal) {
  usleep(20000);
  NEED(kill(getpid(), (int)(intptr_t)signal) == 0);
  return NULL;
}

static void send_soon(pthread_t* thread, int signal) {
  NEED(pthread_create(thread, NULL, send_later, (void*)(intptr_t)signal) == 0);
}

static void on_signal(int number) { say("handled %s\n", signal_name(number)); }

CASE {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGHUP);
  NEED(pthread_sigmask(SIG_SETMASK, &set, NULL) == 0);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGALRM);
  sigaddset(&set, SIGCHLD);
  int fd = signalfd(-1, &set, 0);
  NEED(fd >= 0);
  pthread_t thread;

  send_soon(&thread, SIGUSR1);
  show_record(fd);
  pthread_join(thread, NULL);

  struct pollfd poller = {fd, POLLIN, 0};
  send_soon(&thread, SIGCHLD);
  SHOW(poll(&poller, 1, 10000));
  SHOW(poller.revents);
  show_record(fd);
  pthread_join(thread, NULL);
  SHOW(poll(&poller, 1, 0));

  struct itimerval soon = {.it_value = {0, 5000}};
  NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
  SHOW(poll(&poller, 1, 10000));
  show_record(fd);

  handle(SIGHUP, on_signal, 0);
  send_soon(&thread, SIGHUP);
  show_record(fd);
  pthread_join(thread, NULL);
  handle(SIGHUP, on_signal, SA_RESTART);
  send_soon(&thread, SIGHUP);
  pthread_t second;
  pthread_join(thread, NULL);
  send_soon(&second, SIGUSR1);
  show_record(fd);
  pthread_join(second, NULL);

  int epoll = epoll_create1(0), copy = dup(fd);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
  NEED(kill(getpid(), SIGUSR1) == 0);
  SHOW(epoll_wait(epoll, &event, 1, 0));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  NEED(kill(getpid(), SIGCHLD) == 0);
  SHOW(epoll_wait(epoll, &event, 1, 0));
  show_record(copy);
  show_record(copy);
  SHOW(epoll_wait(epoll, &event, 1, 0));

  NEED(kill(getpid(), SIGUSR2) == 0);
  SHOW(poll(&poller, 1, 0));
  sigaddset(&set, SIGUSR2);
  SHOW(signalfd(copy, &set, 0) == copy);
  SHOW(poll(&poller, 1, 0));
  SHOW(fcntl(fd, F_SETFL, O_NONBLOCK));
  show_record(copy);
  show_record(copy);
  NEED(kill(getpid(), SIGUSR1) == 0);
  SHOW(poll(&poller, 1, 0));
  struct timespec now = {0, 0};
  SHOW(sigtimedwait(&set, NULL, &now) == SIGUSR1);
  SHOW(poll(&poller, 1, 0));
  SHOW(write(fd, "12345678", 8));
  SHOW(pread(fd, &event, 128, 0));
  char link[64] = "", path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  SHOW(readlink(path, link, sizeof link - 1));
  say("%s\n", link);
}
