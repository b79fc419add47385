// rt_tgsigqueueinfo and tkill to threads of a child, which only the thread meant takes; pthread_sigqueue(3), tkill(2).
// marks: fork, threads
#include <pthread.h>
#include <sys/syscall.h>

#include "relatives.h"

static struct gate ready, taken;
static pid_t* thread_numbers;

static void take(const char* who, int number) {
  sigset_t set = set_of(number);
  siginfo_t info;
  NEED(sigwaitinfo(&set, &info) == number);
  say("%s: %s, code %d, value %d, by the parent %d\n", who, signal_name(number), info.si_code,
      info.si_code == SI_TKILL ? 0 : info.si_value.sival_int, info.si_pid == getppid());
  open_gate(taken);
}

static void* body(void* argument) {
  thread_numbers[(long)argument] = gettid();
  open_gate(ready);
  for (;;) take(argument ? "second" : "first", SIGRTMIN + 2);
  return NULL;
}

static int queue(pid_t process, pid_t thread, int code, int value) {
  siginfo_t info = {.si_code = code};
  info.si_pid = getpid(), info.si_uid = getuid(), info.si_value.sival_int = value;
  return (int)syscall(SYS_rt_tgsigqueueinfo, process, thread, SIGRTMIN + 2, &info);
}

CASE {
  thread_numbers = shared_memory(KX_PAGE);
  ready = make_gate(), taken = make_gate();
  block_signal(SIGRTMIN + 2);
  pid_t child;
  START(child) {
    pthread_t thread;
    for (long i = 0; i < 2; i++) NEED(pthread_create(&thread, NULL, body, (void*)i) == 0);
    for (;;) pause();
  }
  pass_gate(ready), pass_gate(ready);
  for (int i = 0; i < 6; i++) {
    NEED(queue(child, thread_numbers[i & 1], SI_QUEUE, 100 + i) == 0);
    pass_gate(taken);
  }
  NEED(syscall(SYS_tkill, thread_numbers[1], SIGRTMIN + 2) == 0);
  pass_gate(taken);
  SHOW(queue(child, thread_numbers[0], SI_TKILL, 0));
  SHOW(queue(child, thread_numbers[0], SI_USER, 0));
  SHOW(queue(getpid(), thread_numbers[0], SI_QUEUE, 0));
  SHOW(queue(thread_numbers[0], thread_numbers[0], SI_QUEUE, 0));
  SHOW(syscall(SYS_tkill, thread_numbers[0], SIGKILL));  // ends all of the process
  reap("child", child);
  SHOW(syscall(SYS_tkill, thread_numbers[0], 0));
}
