// /proc/self/task has one directory for each thread that is alive, and no more for one that has ended: proc(5).
// marks: threads
#include <dirent.h>
#include <pthread.h>

#include "relatives.h"

enum { count = 5 };
static struct gate begun, may_end[count];
static pid_t tids[count];

static void* body(void* number) {
  tids[(long)number] = gettid();
  open_gate(begun);
  pass_gate(may_end[(long)number]);
  return NULL;
}

static void list(void) {
  DIR* directory = opendir("/proc/self/task");
  NEED(directory != NULL);
  int known = 0, strange = 0, first = 0;
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    int found = 0;
    for (int i = 0; i < count; i++) found += tids[i] == atoi(entry->d_name);
    known += found;
    first += atoi(entry->d_name) == getpid();
    strange += !found && atoi(entry->d_name) != getpid();
  }
  closedir(directory);
  say("first %d known %d strange %d\n", first, known, strange);
}

CASE {
  pthread_t threads[count];
  struct stat status;
  char path[64];
  begun = make_gate();
  list();
  for (long i = 0; i < count; i++) {
    may_end[i] = make_gate();
    NEED(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
    pass_gate(begun);
  }
  list();
  for (int i = 0; i < count; i += 2) {
    open_gate(may_end[i]);
    NEED(pthread_join(threads[i], NULL) == 0);
    snprintf(path, sizeof path, "/proc/self/task/%d", tids[i]);
    while (stat(path, &status) == 0) nap();
    SHOW(stat(path, &status));
  }
  list();
  NEED(stat("/proc/self/task", &status) == 0);
  SHOW((long)status.st_nlink);
  for (int i = 1; i < count; i += 2) open_gate(may_end[i]);
  for (int i = 1; i < count; i += 2) NEED(pthread_join(threads[i], NULL) == 0);
}
