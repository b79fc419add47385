// Signals do not end eventfd calls, semaphores and futex waits that need not wait: signal(7).
// marks: threads
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "relatives.h"

enum { turns = 400 };
static atomic_int finished, handled, interrupted, wrong;
static int counter, word;
static sem_t semaphore;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static void note(long result, long expected) {
  if (result == -1 && errno == EINTR)
    interrupted++;
  else if (result != expected)
    wrong++;
}

static void* body(void* unused) {
  for (int i = 0; i < turns || handled < 50; i++) {
    eventfd_t value = 1;
    struct timespec none = {0, 0};
    long written = eventfd_write(counter, 1);
    note(written, 0);
    while (written == 0 && eventfd_read(counter, &value) == -1 && errno == EINTR) interrupted++;
    note(sem_post(&semaphore), 0);
    while (sem_wait(&semaphore) == -1 && errno == EINTR) interrupted++;
    errno = 0;
    long result = syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0);
    note(result == -1 && errno == EAGAIN ? 0 : result, 0);
    result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, &none, NULL, 0);
    note(result == -1 && errno == EAGAIN ? 0 : result, 0);
  }
  finished = 1;
  return unused;
}

CASE {
  pthread_t thread;
  handle(SIGUSR1, on_signal, 0);
  NEED((counter = eventfd(0, 0)) >= 0 && sem_init(&semaphore, 0, 0) == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  while (!finished) {
    pthread_kill(thread, SIGUSR1);
    sched_yield();
  }
  NEED(pthread_join(thread, NULL) == 0);
  say("interrupted %d wrong %d\n", interrupted, wrong);
}
