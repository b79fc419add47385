// Timed waits at a condition by either clock end not too soon, with the mutex held: pthread_cond_timedwait(3p).
// marks: threads
// variants: static,musl
#include <pthread.h>
#include <time.h>

#include "relatives.h"

static pthread_mutex_t mutex;
static pthread_cond_t condition;
static int ready;

static struct timespec from_now(clockid_t clock, long ms) {
  struct timespec time;
  NEED(clock_gettime(clock, &time) == 0);
  long ns = time.tv_nsec + ms * 1000000;
  return (struct timespec){time.tv_sec + ns / 1000000000, ns % 1000000000};
}

static int reached(clockid_t clock, struct timespec time) {
  struct timespec now;
  NEED(clock_gettime(clock, &now) == 0);
  return now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
}

static void* signaller(void* unused) {
  NEED(pthread_mutex_lock(&mutex) == 0);
  ready = 1;
  NEED(pthread_cond_signal(&condition) == 0);
  NEED(pthread_mutex_unlock(&mutex) == 0);
  return unused;
}

CASE {
  static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
  pthread_mutexattr_t checked;
  NEED(pthread_mutexattr_init(&checked) == 0);
  NEED(pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK) == 0);
  NEED(pthread_mutex_init(&mutex, &checked) == 0);
  for (int i = 0; i < 2; i++) {
    pthread_condattr_t attributes;
    NEED(pthread_condattr_init(&attributes) == 0);
    SHOW_CODE(pthread_condattr_setclock(&attributes, clocks[i]));
    NEED(pthread_cond_init(&condition, &attributes) == 0);
    NEED(pthread_mutex_lock(&mutex) == 0);
    struct timespec time = from_now(clocks[i], 40), wrong = {0, -1};
    int code = 0;
    while (code == 0) code = pthread_cond_timedwait(&condition, &mutex, &time);
    say("%s, %s\n", errno_name(code), reached(clocks[i], time) ? "not too soon" : "TOO SOON");
    SHOW_CODE(pthread_cond_timedwait(&condition, &mutex, &wrong));
    pthread_t thread;
    ready = 0;
    NEED(pthread_create(&thread, NULL, signaller, NULL) == 0);
    time = from_now(clocks[i], 60000);
    for (code = 0; !ready && code == 0;) code = pthread_cond_timedwait(&condition, &mutex, &time);
    say("ready %d %s\n", ready, errno_name(code));
    SHOW_CODE(pthread_mutex_unlock(&mutex));
    SHOW_CODE(pthread_mutex_unlock(&mutex));
    NEED(pthread_join(thread, NULL) == 0);
    SHOW_CODE(pthread_cond_destroy(&condition));
  }
}
