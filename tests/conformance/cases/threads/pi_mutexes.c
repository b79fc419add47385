// Mutexes with priority inheritance: held by one thread at a time, with time limits, recursive, checking, between
// processes, robust: pthread_mutexattr_setprotocol(3), futex(2).
// marks: threads
// variants: static,musl
#include <pthread.h>
#include <sys/mman.h>

#include "relatives.h"

static pthread_mutex_t* mutex;
static long* shared;

static void make(int type, int robust) {
  pthread_mutexattr_t attributes;
  NEED(pthread_mutexattr_init(&attributes) == 0);
  SHOW_CODE(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT));
  NEED(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  NEED(pthread_mutexattr_settype(&attributes, type) == 0);
  if (robust) NEED(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  SHOW_CODE(pthread_mutex_init(mutex, &attributes));
}

static void* count(void* unused) {
  for (int i = 0; i < 3000; i++) {
    NEED(pthread_mutex_lock(mutex) == 0);
    *shared += 1;
    NEED(pthread_mutex_unlock(mutex) == 0);
  }
  return unused;
}

static void* try(void* unused) {
  struct timespec end;
  SHOW_CODE(pthread_mutex_trylock(mutex));
  NEED(clock_gettime(CLOCK_REALTIME, &end) == 0);
  SHOW_CODE(pthread_mutex_timedlock(mutex, &end));
  end.tv_nsec += 20000000;
  if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
  SHOW_CODE(pthread_mutex_timedlock(mutex, &end));
  return unused;
}

static void* hold(void* unused) {
  NEED(pthread_mutex_lock(mutex) == 0);
  return unused;
}

CASE {
  pthread_t threads[4];
  mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  NEED(mutex != MAP_FAILED);
  shared = (long*)(mutex + 4);
  make(PTHREAD_MUTEX_NORMAL, 0);
  pid_t pid;
  START(pid) {
    pthread_t thread;
    NEED(pthread_create(&thread, NULL, count, NULL) == 0);
    count(NULL);
    NEED(pthread_join(thread, NULL) == 0);
  }
  for (int i = 0; i < 4; i++) NEED(pthread_create(&threads[i], NULL, count, NULL) == 0);
  for (int i = 0; i < 4; i++) NEED(pthread_join(threads[i], NULL) == 0);
  reap("counts", pid);
  say("%ld\n", *shared);
  NEED(pthread_mutex_lock(mutex) == 0);
  NEED(pthread_create(&threads[0], NULL, try, NULL) == 0 && pthread_join(threads[0], NULL) == 0);
  NEED(pthread_mutex_unlock(mutex) == 0);

  make(PTHREAD_MUTEX_ERRORCHECK, 0);
  SHOW_CODE(pthread_mutex_unlock(mutex));
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
  make(PTHREAD_MUTEX_RECURSIVE, 0);
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));

  make(PTHREAD_MUTEX_NORMAL, 1);
  NEED(pthread_create(&threads[0], NULL, hold, NULL) == 0 && pthread_join(threads[0], NULL) == 0);
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_consistent(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
  struct gate held = make_gate();
  START(pid) {
    hold(NULL);
    open_gate(held);
    for (;;) pause();
  }
  pass_gate(held);
  SHOW_CODE(pthread_mutex_trylock(mutex));
  NEED(kill(pid, SIGKILL) == 0);
  SHOW_CODE(pthread_mutex_lock(mutex));
  SHOW_CODE(pthread_mutex_consistent(mutex));
  SHOW_CODE(pthread_mutex_unlock(mutex));
  reap("holder", pid);
  SHOW_CODE(pthread_mutex_lock(mutex));
}
