// Signals to threads that sleep, poll or suspend end the call of the one meant, and of no other: signal(7).
// marks: threads
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "relatives.h"

enum { count = 4 };
static pthread_t threads[count];
static atomic_int ended_of[count];

static void on_signal(int number) {
  (void)number;
}

static void* body(void* number) {
  struct timespec hundred = {100, 0}, left = {0, 0};
  sigset_t none;
  long result = 0;
  sigemptyset(&none);
  errno = 0;
  switch ((long)number) {
    case 0:
      result = nanosleep(&hundred, &left);
      break;
    case 1:
      result = poll(NULL, 0, 100000);
      break;
    case 2:
      result = ppoll(NULL, 0, NULL, &none);
      break;
    default:
      result = clock_nanosleep(CLOCK_MONOTONIC, 0, &hundred, &left) == EINTR ? -1 : 0;
      errno = EINTR;
  }
  ended_of[(long)number] = result == -1 && errno == EINTR ? (left.tv_sec <= 100 || (long)number % 3 != 0 ? 1 : 2) : 3;
  return NULL;
}

CASE {
  handle(SIGUSR1, on_signal, SA_RESTART);
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = count - 1; i >= 0; i--) {
    while (!ended_of[i]) {
      pthread_kill(threads[i], SIGUSR1);
      nap();
    }
    say("ended: %d%d%d%d\n", ended_of[0], ended_of[1], ended_of[2], ended_of[3]);
  }
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
}
