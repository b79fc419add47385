// The owner of a robust mutex dies: the next one is told and makes it consistent: pthread_mutex_consistent(3).
// marks: fork, lane
#include <pthread.h>

#include "relatives.h"

CASE {
  pthread_mutex_t* mutex = shared_memory(KX_PAGE);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  SHOW_CODE(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST));
  NEED(pthread_mutex_init(mutex, &attributes) == 0);
  pid_t child;
  for (int i = 0; i < 2; i++) {
    START(child) {
      SHOW_CODE(pthread_mutex_lock(mutex));
      if (i == 1) raise(SIGKILL);
    }
    reap("owner", child);
    SHOW_CODE(pthread_mutex_lock(mutex));
    SHOW_CODE(pthread_mutex_consistent(mutex));
    SHOW_CODE(pthread_mutex_unlock(mutex));
    SHOW_CODE(pthread_mutex_lock(mutex));
    SHOW_CODE(pthread_mutex_unlock(mutex));
  }
}
