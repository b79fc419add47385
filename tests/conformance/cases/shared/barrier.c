// A process-shared barrier holds five processes together for twenty rounds: pthread_barrierattr_setpshared(3).
// marks: fork
#include <pthread.h>

#include "relatives.h"

struct common {
  pthread_barrier_t barrier;
  int round[5], serial, ahead;
};

static void rounds(struct common* common, int who) {
  for (int i = 1; i <= 20; i++) {
    common->round[who] = i;
    int code = pthread_barrier_wait(&common->barrier);
    if (code == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_add_fetch(&common->serial, 1, __ATOMIC_RELAXED);
    for (int other = 0; other < 5; other++)
      if (common->round[other] != i) __atomic_add_fetch(&common->ahead, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(&common->barrier);
  }
}

CASE {
  struct common* common = shared_memory(KX_PAGE);
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  NEED(pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  SHOW_CODE(pthread_barrier_init(&common->barrier, &attributes, 5));
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) rounds(common, i + 1);
  rounds(common, 0);
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  say("serial %d, out of step %d\n", common->serial, common->ahead);
}
