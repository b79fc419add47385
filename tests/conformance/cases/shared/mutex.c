// A process-shared mutex keeps a plain counter exact over four processes: pthread_mutexattr_setpshared(3).
// marks: fork, lane
// variants: musl
#include <pthread.h>

#include "relatives.h"

struct common {
  pthread_mutex_t mutex;
  long counter;
};

CASE {
  struct common* common = shared_memory(KX_PAGE);
  pthread_mutexattr_t attributes;
  SHOW_CODE(pthread_mutexattr_init(&attributes));
  SHOW_CODE(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED));
  SHOW_CODE(pthread_mutex_init(&common->mutex, &attributes));
  pid_t children[4];
  for (int i = 0; i < 4; i++) START(children[i]) for (int j = 0; j < 5000; j++) {
      NEED(pthread_mutex_lock(&common->mutex) == 0);
      common->counter++;
      NEED(pthread_mutex_unlock(&common->mutex) == 0);
    }
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  SHOW(common->counter);
  SHOW_CODE(pthread_mutex_trylock(&common->mutex));
  pid_t child;
  START(child) {
    SHOW_CODE(pthread_mutex_trylock(&common->mutex));
    struct timespec past = {1, 0};
    SHOW_CODE(pthread_mutex_timedlock(&common->mutex, &past));
  }
  reap("child", child);
}
