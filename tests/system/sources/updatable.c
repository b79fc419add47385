// A library in versions, by -DVERSION=N, and in versions that cannot take each other's place, by further macros.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifndef SIZE
#define SIZE 4
#endif
#if defined LARGE_THREAD
#define THREAD_SIZE 8
#else
#define THREAD_SIZE 2
#endif

int updatable_numbers[SIZE] = {1, 2, 3};
__thread int updatable_thread[THREAD_SIZE] = {3};
static int hidden = 10;
static int *to_hidden = &hidden;
static int plain(int x) { return x + VERSION; }
static int other(int x) { return x - VERSION; }
// A table of functions that only relocations name.
static int (*const table[])(int) = {plain, other};

int updatable_version(void) { return VERSION; }

int updatable_count(void) {
  static int count;
  return ++count;
}

#ifdef MORE_DATA
int updatable_more(void) {
  static int more[40];
  return ++more[3];
}
#endif

#if VERSION == 2
int updatable_added(void) {
  static int count = 100;
  return ++count;
}
#endif

int updatable_again(void) {
  static int count = 50;
  return ++count;
}

int updatable_hidden(void) {
  ++*to_hidden;
  return hidden;
}

int *updatable_place(void) { return to_hidden; }

#ifdef AS_DATA
int updatable_call;
#else
int updatable_call(unsigned which, int x) { return table[which % 2](x); }
#endif

int (*updatable_pointer(void))(int) { return plain; }

#ifndef WITHOUT_ONE
int updatable_one(void) { return 1; }
#endif

int updatable_in_thread(void) { return ++updatable_thread[0]; }

void updatable_sleep(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
  hidden += 0;
}

// It calls back, so that the library is in the middle of a stack.
int updatable_apply(int (*function)(void *), void *argument) {
  ++hidden;
  const int result = function(argument);
  --hidden;
  return result;
}

char *updatable_text(int number) {
  char *text = NULL;
  return asprintf(&text, "version %d: %d", VERSION, number) < 0 ? NULL : text;
}

#ifdef WITH_CONSTRUCTOR
__attribute__((constructor)) static void construct(void) { hidden = 77; }
#endif

#ifdef NEEDING
extern int not_to_be_found_anywhere(void);
int updatable_needs(void) { return not_to_be_found_anywhere(); }
#endif
