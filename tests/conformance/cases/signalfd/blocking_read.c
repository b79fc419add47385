// A blocking read of a signalfd: woken by a signal of another thread, by one to this thread alone, ended by a handler.
// As signalfd(2) says, signals for one thread are read by that thread.
// marks: threads
#include <pthread.h>
#include <sys/signalfd.h>

#include "readiness.h"

static int fd;
static struct gate ready;

static void on_signal(int number) {
  say("handled %s\n", signal_name(number));
}

static void* reader(void* unused) {
  (void)unused;
  struct signalfd_siginfo record;
  for (int i = 0; i < 2; i++) {
    open_gate(ready);
    SHOW(read(fd, &record, sizeof record));
    say("%s code %d\n", signal_name((int)record.ssi_signo), record.ssi_code);
  }
  open_gate(ready);
  SHOW(read(fd, &record, sizeof record));
  return NULL;
}

CASE {
  pthread_t thread;
  struct signalfd_siginfo record;
  block_signal(SIGUSR1);
  sigset_t set = set_of(SIGUSR1);
  fd = signalfd(-1, &set, 0);
  ready = make_gate();
  handle(SIGUSR2, on_signal, 0);
  NEED(pthread_create(&thread, NULL, reader, NULL) == 0);
  pass_gate(ready);
  NEED(kill(getpid(), SIGUSR1) == 0);
  pass_gate(ready);
  NEED(pthread_kill(thread, SIGUSR1) == 0);
  pass_gate(ready);
  nap();
  NEED(pthread_kill(thread, SIGUSR1) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  SHOW(read(fd, &record, sizeof record));
}
