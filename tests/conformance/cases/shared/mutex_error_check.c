// A process-shared mutex that checks errors: who has locked it, and who has not: pthread_mutexattr_settype(3).
// marks: fork
#include <pthread.h>

#include "relatives.h"

CASE {
  pthread_mutex_t* mutex = shared_memory(KX_PAGE);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  NEED(pthread_mutex_init(mutex, &attributes) == 0);
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_lock(mutex));
  pid_t child;
  START(child) {
    SHOW_CODE(pthread_mutex_unlock(mutex));
    SHOW_CODE(pthread_mutex_trylock(mutex));
  }
  reap("child", child);
  SHOW_CODE(pthread_mutex_unlock(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
}
