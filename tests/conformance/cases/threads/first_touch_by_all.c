// Threads that touch the same fresh pages at once get one page each, and no write is lost: mmap(2).
// marks: threads
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { count = 6, pages = 64, rounds = 6 };
static pthread_barrier_t barrier;
static char* volatile memory;

static void* body(void* argument) {
  long number = (long)argument;
  for (int round = 0; round < rounds; round++) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < pages; i++) {
      int page = (i + (int)number * 7) % pages;
      memory[page * KX_PAGE + number] = (char)(number + round + 1);
    }
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

CASE {
  pthread_t threads[count];
  NEED(pthread_barrier_init(&barrier, NULL, count + 1) == 0);
  for (long i = 0; i < count; i++) NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  int lost = 0;
  for (int round = 0; round < rounds; round++) {
    int kind = round % 3;
    int fd = memfd_create("pages", 0);
    NEED(fd >= 0 && ftruncate(fd, pages * KX_PAGE) == 0);
    memory = kind == 0   ? fresh_pages(pages)
             : kind == 1 ? mmap(NULL, pages * KX_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)
                         : mmap(NULL, pages * KX_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    NEED(memory != MAP_FAILED);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int page = 0; page < pages; page++)
      for (int i = 0; i < count; i++) lost += memory[page * KX_PAGE + i] != i + round + 1;
    NEED(munmap(memory, pages * KX_PAGE) == 0 && close(fd) == 0);
  }
  for (int i = 0; i < count; i++) NEED(pthread_join(threads[i], NULL) == 0);
  SHOW(lost);
}
