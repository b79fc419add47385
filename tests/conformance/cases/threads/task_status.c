// What the status of a thread below /proc/self/task says: its name, numbers, masks, and the number of threads: proc(5).
// marks: threads
#include <pthread.h>
#include <sys/prctl.h>

#include "relatives.h"

static struct gate begun, may_end;
static pid_t tid;

static void* body(void* unused) {
  tid = gettid();
  NEED(prctl(PR_SET_NAME, "worker") == 0);
  block_signal(SIGUSR2);
  open_gate(begun);
  pass_gate(may_end);
  return unused;
}

static void show(int number) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/self/task/%d/status", number);
  FILE* file = fopen(path, "r");
  NEED(file != NULL);
  while (fgets(text, sizeof text, file) != NULL) {
    long value = 0;
    if (strncmp(text, "Name:", 5) == 0 || strncmp(text, "SigBlk:", 7) == 0 || strncmp(text, "SigPnd:", 7) == 0 ||
        strncmp(text, "Threads:", 8) == 0)
      say("%s", text);
    if (sscanf(text, "Tgid: %ld", &value) == 1) CHECK(value == getpid());
    if (sscanf(text, "Pid: %ld", &value) == 1) CHECK(value == number);
  }
  fclose(file);
}

CASE {
  pthread_t thread;
  begun = make_gate();
  may_end = make_gate();
  NEED(prctl(PR_SET_NAME, "first") == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  NEED(pthread_kill(thread, SIGUSR2) == 0);
  show(tid);
  show(getpid());
  unblock_signal(SIGUSR2);
  handle(SIGUSR2, SIG_IGN, 0);
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
}
