// Nanoseconds from dlopen to the end of the first call of a library's function entry(), all names bound at once.
// usage: open_library FILE TURNS; prints the median. The library is closed after each turn, which is not counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int by_size(const void* a, const void* b) {
  const uint64_t left = *(const uint64_t*)a, right = *(const uint64_t*)b;
  return (left > right) - (left < right);
}

int main(int argc, char** argv) {
  const int turns = argc == 3 ? atoi(argv[2]) : 0;
  uint64_t* times = calloc(turns > 0 ? (size_t)turns : 1, sizeof *times);
  if (turns <= 0 || times == NULL) {
    fprintf(stderr, "usage: open_library FILE TURNS\n");
    return 2;
  }
  for (int turn = 0; turn < turns; ++turn) {
    const uint64_t start = now_ns();
    void* library = dlopen(argv[1], RTLD_NOW);
    int (*entry)(int) = library != NULL ? (int (*)(int))dlsym(library, "entry") : NULL;
    if (entry == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    const int parts = entry(turn);
    times[turn] = now_ns() - start;
    if (parts < 1 || dlclose(library) != 0) {
      fprintf(stderr, "%s: entry() gave %d\n", argv[1], parts);
      return 1;
    }
  }
  qsort(times, (size_t)turns, sizeof *times, by_size);
  printf("%llu\n", (unsigned long long)times[turns / 2]);
  free(times);
  return 0;
}
