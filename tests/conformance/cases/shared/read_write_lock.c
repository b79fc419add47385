// A process-shared read-write lock: readers together, writers alone: pthread_rwlockattr_setpshared(3).
// marks: fork
#include <pthread.h>

#include "relatives.h"

CASE {
  pthread_rwlock_t* lock = shared_memory(KX_PAGE);
  pthread_rwlockattr_t attributes;
  pthread_rwlockattr_init(&attributes);
  NEED(pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  NEED(pthread_rwlock_init(lock, &attributes) == 0);
  pid_t child;
  SHOW_CODE(pthread_rwlock_rdlock(lock));
  START(child) {
    SHOW_CODE(pthread_rwlock_tryrdlock(lock));
    SHOW_CODE(pthread_rwlock_unlock(lock));
    SHOW_CODE(pthread_rwlock_trywrlock(lock));
  }
  reap("child", child);
  SHOW_CODE(pthread_rwlock_unlock(lock));
  SHOW_CODE(pthread_rwlock_wrlock(lock));
  struct gate ready = make_gate();
  START(child) {
    SHOW_CODE(pthread_rwlock_tryrdlock(lock));
    open_gate(ready);
    SHOW_CODE(pthread_rwlock_rdlock(lock));
  }
  pass_gate(ready);
  nap();
  NEED(pthread_rwlock_unlock(lock) == 0);
  reap("child", child);
}
