// A robust mutex that is unlocked without being made consistent cannot be recovered: pthread_mutex_lock(3).
// marks: fork
#include <pthread.h>

#include "relatives.h"

CASE {
  pthread_mutex_t* mutex = shared_memory(KX_PAGE);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  NEED(pthread_mutex_init(mutex, &attributes) == 0);
  pid_t child;
  START(child) NEED(pthread_mutex_lock(mutex) == 0);
  reap("owner", child);
  SHOW_CODE(pthread_mutex_trylock(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
  SHOW_CODE(pthread_mutex_lock(mutex));
  START(child) SHOW_CODE(pthread_mutex_trylock(mutex));
  reap("child", child);
}
