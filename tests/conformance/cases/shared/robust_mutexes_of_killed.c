// Robust mutexes of a process that is killed: all of them, those of each of its threads, and no others: futex(2),
// set_robust_list(2).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

enum { COUNT = 40 };

static struct { pthread_mutex_t first[COUNT], of_thread[2], free, of_parent; } * shared;

static struct gate locked, ready;

static void make(pthread_mutex_t* mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  NEED(pthread_mutex_init(mutex, &attributes) == 0);
}

static void* body(void* argument) {
  NEED(pthread_mutex_lock(argument) == 0);
  open_gate(locked);
  for (;;) pause();
  return NULL;
}

static void lock_all(void) {
  pthread_t thread;
  for (int i = 0; i < 2; i++) NEED(pthread_create(&thread, NULL, body, &shared->of_thread[i]) == 0);
  for (int i = 0; i < COUNT; i++) NEED(pthread_mutex_lock(&shared->first[i]) == 0);
  NEED(pthread_mutex_lock(&shared->free) == 0 && pthread_mutex_unlock(&shared->free) == 0);
  pass_gate(locked), pass_gate(locked);
  open_gate(ready);
}

static void take(const char* what, pthread_mutex_t* mutex) {
  int code = pthread_mutex_lock(mutex);
  say("%s: %s\n", what, code ? errno_name(code) : "free");
  if (code == EOWNERDEAD) NEED(pthread_mutex_consistent(mutex) == 0);
  if (code == 0 || code == EOWNERDEAD) NEED(pthread_mutex_unlock(mutex) == 0);
}

CASE {
  shared = shared_memory(sizeof *shared);
  for (int i = 0; i < COUNT; i++) make(&shared->first[i]);
  make(&shared->of_thread[0]), make(&shared->of_thread[1]), make(&shared->free), make(&shared->of_parent);
  locked = make_gate(), ready = make_gate();
  NEED(pthread_mutex_lock(&shared->of_parent) == 0);
  for (int turn = 0; turn < 4; turn++) {
    pid_t child;
    START(child) {
      lock_all();
      if (turn == 1) _exit(3);  // the other threads end with it
      if (turn == 2)
        for (;;) continue;                   // in the program
      if (turn == 3) *(volatile int*)0 = 1;  // by itself
      for (;;) pause();                      // in a call
    }
    pass_gate(ready);
    if (turn == 0 || turn == 2) NEED(kill(child, SIGKILL) == 0);
    if (turn != 0) reap("child", child);
    for (int i = 0; i < COUNT; i++) {
      if (i == 0 || i == COUNT - 1) {
        take("mutex", &shared->first[i]);
      } else {
        NEED(pthread_mutex_lock(&shared->first[i]) == EOWNERDEAD);
        NEED(pthread_mutex_consistent(&shared->first[i]) == 0 && pthread_mutex_unlock(&shared->first[i]) == 0);
      }
    }
    take("of a thread", &shared->of_thread[0]);
    take("of another", &shared->of_thread[1]);
    take("free", &shared->free);
    SHOW_CODE(pthread_mutex_trylock(&shared->of_parent));
    if (turn == 0) reap("child", child);
  }
}
