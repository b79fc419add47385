// A signal ends the wait for a lock, and SA_RESTART goes on with it: fcntl(2), signal(7).
#include <pthread.h>

#include "case.h"

static int fd, other;
static pthread_t main_thread;

static void on_signal(int number) {
  say("handled %s\n", signal_name(number));
}

static void* disturb(void* number) {
  usleep(50000);
  pthread_kill(main_thread, (int)(long)number);
  if ((long)number == SIGUSR2) {
    usleep(50000);
    fcntl(other, F_OFD_SETLK, &(struct flock){.l_type = F_UNLCK});
  }
  return NULL;
}

CASE {
  fd = file_with("file", "0123456789");
  other = open("file", O_RDWR);
  main_thread = pthread_self();
  NEED(fcntl(other, F_OFD_SETLK, &(struct flock){.l_type = F_WRLCK}) == 0);
  handle(SIGUSR1, on_signal, 0);
  handle(SIGUSR2, on_signal, SA_RESTART);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, disturb, (void*)SIGUSR1) == 0);
  SHOW(fcntl(fd, F_SETLKW, &(struct flock){.l_type = F_RDLCK, .l_len = 3}));
  NEED(pthread_join(thread, NULL) == 0);
  NEED(pthread_create(&thread, NULL, disturb, (void*)SIGUSR2) == 0);
  SHOW(fcntl(fd, F_SETLKW, &(struct flock){.l_type = F_RDLCK, .l_len = 3}));
  NEED(pthread_join(thread, NULL) == 0);
}
