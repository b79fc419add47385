// Values of sigqueue in a handler of the parent, from several children: sigqueue(3).
// marks: fork
#include "relatives.h"

static volatile int sum, count;

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  sum += info->si_value.sival_int;
  count++;
}

CASE {
  handle_info(SIGRTMIN + 2, on_signal, SA_RESTART);
  block_signal(SIGRTMIN + 2);
  sigset_t none;
  sigemptyset(&none);
  pid_t parent = getpid(), children[4];
  for (int i = 0; i < 4; i++) START(children[i])
  for (int j = 0; j < 25; j++) NEED(sigqueue(parent, SIGRTMIN + 2, (union sigval){.sival_int = i * 100 + j}) == 0);
  while (count < 100) sigsuspend(&none);
  for (int i = 0; i < 4; i++) reap("child", children[i]);
  SHOW(sum);
}
