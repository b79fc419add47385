// A process that waits for a robust mutex is woken by the death of its owner, also by exec: pthread_mutex_lock(3).
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
  for (int i = 0; i < 2; i++) {
    struct gate locked = make_gate(), go = make_gate();
    pid_t owner, waiter;
    START(owner) {
      NEED(pthread_mutex_lock(mutex) == 0);
      open_gate(locked);
      pass_gate(go);
      nap();
      if (i == 0) raise(SIGKILL);
      execl("/bin/true", "true", (char*)NULL);
    }
    pass_gate(locked);
    START(waiter) {
      open_gate(go);
      SHOW_CODE(pthread_mutex_lock(mutex));
      NEED(pthread_mutex_consistent(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
    }
    reap("waiter", waiter);
    reap("owner", owner);
  }
}
