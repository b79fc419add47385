// Thread-local variables and specific data of the forking thread are the child's: pthread_setspecific(3).
// marks: fork, threads
#include <pthread.h>

#include "relatives.h"

static __thread char name[16] = "first";
static pthread_key_t key;

static void* body(void* argument) {
  strcpy(name, "second");
  NEED(pthread_setspecific(key, "specific to the second") == 0);
  pid_t child;
  START(child) {
    say("child: %s, %s\n", name, (char*)pthread_getspecific(key));
    strcpy(name, "child's");
    NEED(pthread_setspecific(key, NULL) == 0);
  }
  reap("child", child);
  say("thread: %s, %s\n", name, (char*)pthread_getspecific(key));
  return argument;
}

CASE {
  NEED(pthread_key_create(&key, NULL) == 0);
  NEED(pthread_setspecific(key, "specific to the first") == 0);
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0);
  say("first: %s, %s\n", name, (char*)pthread_getspecific(key));
}
