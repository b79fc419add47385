// Each thread has a name: its own by prctl, that of another by /proc/self/task: pthread_setname_np(3), prctl(2).
// marks: threads
#include <pthread.h>
#include <sys/prctl.h>

#include "relatives.h"

static struct gate begun, may_end;
static pid_t tid;

static void show(const char* format, int number) {
  char path[100], text[64] = "";
  snprintf(path, sizeof path, format, number);
  int fd = open(path, O_RDONLY);
  if (fd < 0 || read(fd, text, sizeof text - 1) < 0) say("%s\n", errno_name(errno));
  say("%s", text);
  close(fd);
}

static void* body(void* unused) {
  char name[16] = "";
  tid = gettid();
  NEED(prctl(PR_GET_NAME, name) == 0);
  say("inherited %s\n", name);
  NEED(prctl(PR_SET_NAME, "a name that is too long") == 0);
  NEED(prctl(PR_GET_NAME, name) == 0);
  say("cut %s\n", name);
  show("/proc/thread-self/comm", 0);
  open_gate(begun);
  pass_gate(may_end);
  NEED(pthread_getname_np(pthread_self(), name, sizeof name) == 0);
  say("given %s\n", name);
  return unused;
}

CASE {
  pthread_t thread;
  char name[16], small[4];
  begun = make_gate();
  may_end = make_gate();
  NEED(prctl(PR_SET_NAME, "maker") == 0);
  NEED(pthread_create(&thread, NULL, body, NULL) == 0);
  pass_gate(begun);
  show("/proc/self/task/%d/comm", tid);
  show("/proc/self/comm", 0);
  SHOW_CODE(pthread_getname_np(thread, name, sizeof name));
  say("%s\n", name);
  SHOW_CODE(pthread_getname_np(thread, small, sizeof small));
  SHOW_CODE(pthread_setname_np(thread, "sixteen letters!"));
  SHOW_CODE(pthread_setname_np(thread, "fifteen letters"));
  show("/proc/self/task/%d/comm", tid);
  open_gate(may_end);
  NEED(pthread_join(thread, NULL) == 0);
}
