// Measures what threads of one process cost. Prints nanoseconds, one number.
// usage: threads create|handover|contended ROUNDS
//   create     creates a thread that does nothing and joins it
//   handover   two threads take turns by a mutex and a condition variable, each asleep while it is not its turn; a turn
//   contended  two threads take the same mutex as fast as they can, for a short section each time; a section
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn;
static long count;
static long rounds;

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void must(int error, const char* what) {
  if (error != 0) {
    fprintf(stderr, "%s: %s\n", what, strerror(error));
    exit(1);
  }
}

static void* nothing(void* argument) {
  return argument;
}

static void* take_turns(void* argument) {
  const int mine = argument != NULL;
  must(pthread_mutex_lock(&mutex), "lock");
  for (long i = 0; i < rounds; ++i) {
    while (turn != mine) pthread_cond_wait(&changed, &mutex);
    turn = !mine;
    ++count;
    pthread_cond_signal(&changed);
  }
  must(pthread_mutex_unlock(&mutex), "unlock");
  return NULL;
}

static void* contend(void* argument) {
  for (long i = 0; i < rounds; ++i) {
    must(pthread_mutex_lock(&mutex), "lock");
    ++count;
    must(pthread_mutex_unlock(&mutex), "unlock");
  }
  return argument;
}

// Nanoseconds for each time that one of two threads got its turn.
static double by_two(void* (*body)(void*)) {
  pthread_t other;
  const uint64_t start = now_ns();
  must(pthread_create(&other, NULL, body, &mutex), "create");
  body(NULL);
  must(pthread_join(other, NULL), "join");
  const double each = (double)(now_ns() - start) / (double)(2 * rounds);
  if (count != 2 * rounds) {
    fprintf(stderr, "%ld turns instead of %ld\n", count, 2 * rounds);
    exit(1);
  }
  return each;
}

int main(int argc, char** argv) {
  if (argc != 3 || (rounds = atol(argv[2])) <= 0) {
    fprintf(stderr, "usage: threads create|handover|contended ROUNDS\n");
    return 2;
  }
  double each = 0;
  if (strcmp(argv[1], "create") == 0) {
    const uint64_t start = now_ns();
    for (long i = 0; i < rounds; ++i) {
      pthread_t thread;
      must(pthread_create(&thread, NULL, nothing, NULL), "create");
      must(pthread_join(thread, NULL), "join");
    }
    each = (double)(now_ns() - start) / (double)rounds;
  } else if (strcmp(argv[1], "handover") == 0) {
    each = by_two(take_turns);
  } else if (strcmp(argv[1], "contended") == 0) {
    each = by_two(contend);
  } else {
    return 2;
  }
  printf("%.3f\n", each);
  return 0;
}
