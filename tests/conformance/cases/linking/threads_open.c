// Threads open and close libraries while others call functions and throw their symbols about: dlopen(3).
// library: first -DVALUE=1
// library: second -DVALUE=2
// library: steady -DVALUE=3
// marks: threads
#include <pthread.h>

#include "library.h"

#ifdef VALUE
__thread int calls;
int function(int value) {
  calls++;
  return value + VALUE;
}
#else
enum { rounds = 30 };
static int (*steady)(int);

static void* opens(void* name) {
  long sum = 0;
  for (int i = 0; i < rounds; i++) {
    void* library = must_open((const char*)name, i % 2 ? RTLD_NOW : RTLD_LAZY);
    sum += FUNCTION(int(int), library, "function")(i);
    NEED(dlclose(library) == 0);
  }
  return (void*)sum;
}

static void* calls(void* unused) {
  (void)unused;
  long sum = 0;
  for (int i = 0; i < 1000; i++) {
    Dl_info info;
    sum += steady(i);
    if (i % 20 == 0) NEED(dladdr((void*)steady, &info) != 0 && dlsym(RTLD_DEFAULT, "memcpy") != NULL);
  }
  return (void*)sum;
}

CASE {
  steady = FUNCTION(int(int), must_open("libsteady.so", RTLD_NOW), "function");
  pthread_t threads[4];
  NEED(pthread_create(&threads[0], NULL, opens, (void*)"libfirst.so") == 0);
  NEED(pthread_create(&threads[1], NULL, opens, (void*)"libsecond.so") == 0);
  NEED(pthread_create(&threads[2], NULL, opens, (void*)"libfirst.so") == 0);
  NEED(pthread_create(&threads[3], NULL, calls, NULL) == 0);
  for (int i = 0; i < 4; i++) {
    void* sum;
    NEED(pthread_join(threads[i], &sum) == 0);
    SHOW(sum);
  }
  CHECK(!is_mapped("/libfirst.so") && !is_mapped("/libsecond.so"));
}
#endif
