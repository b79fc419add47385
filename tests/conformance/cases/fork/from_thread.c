// fork in a thread that is not the first: the child has that thread alone: fork(2).
// marks: fork, threads
#include <dirent.h>
#include <pthread.h>

#include "relatives.h"

static __thread int local = 1;

static int threads_of_this_process(void) {
  int count = 0;
  DIR* directory = opendir("/proc/self/task");
  NEED(directory);
  for (struct dirent* entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

static void* body(void* argument) {
  local = 42;
  pid_t child;
  START(child) {
    say("child: local %d, thread is the process %d, threads %d\n", local, gettid() == getpid(),
        threads_of_this_process());
    _exit(6);
  }
  reap("child", child);
  say("parent's thread: local %d, thread is the process %d, threads %d\n", local, gettid() == getpid(),
      threads_of_this_process());
  return argument;
}

CASE {
  pthread_t thread;
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  NEED(pthread_join(thread, NULL) == 0);
  SHOW(local);
}
