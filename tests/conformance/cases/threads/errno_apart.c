// Failing calls of threads at the same time each leave their own errno: errno(3).
// marks: threads
// variants: static
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { turns = 3000 };
static pthread_barrier_t barrier;

static void* body(void* argument) {
  int wrong = 0;
  char byte;
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < turns; i++) {
    errno = 0;
    switch ((long)argument) {
      case 0:
        if (close(-1) != -1 || errno != EBADF) wrong++;
        break;
      case 1:
        if (open("missing", O_RDONLY) != -1 || errno != ENOENT) wrong++;
        break;
      case 2:
        if (read(0, (void*)1L, 1) == 1 || lseek(-5, 0, SEEK_SET) != -1 || errno != EBADF) wrong++;
        break;
      default:
        if (fcntl(1, 9999) != -1 || errno != EINVAL || readlink(".", &byte, 1) != -1 || errno != EINVAL) wrong++;
    }
    if (i % 500 == 0) sched_yield();
  }
  return (void*)(long)wrong;
}

CASE {
  pthread_t threads[4];
  NEED(pthread_barrier_init(&barrier, NULL, 4) == 0);
  for (long i = 0; i < 4; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  for (int i = 0; i < 4; i++) {
    void* wrong;
    NEED(pthread_join(threads[i], &wrong) == 0);
    SHOW((long)wrong);
  }
}
