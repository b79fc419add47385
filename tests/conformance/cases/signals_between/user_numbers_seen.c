// Each of five children is told apart by the number in the siginfo: sigaction(2).
// marks: fork
#include "relatives.h"

static volatile pid_t senders[5];
static volatile int count;

static void on_signal(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  senders[count++] = info->si_pid;
}

CASE {
  handle_info(SIGRTMIN, on_signal, SA_RESTART);
  pid_t parent = getpid(), children[5];
  struct gate done = make_gate();
  for (int i = 0; i < 5; i++) {
    START(children[i]) {
      NEED(kill(parent, SIGRTMIN) == 0);
      open_gate(done);
    }
    pass_gate(done);
  }
  int right = 0;
  for (int i = 0; i < 5; i++) {
    reap("child", children[i]);
    right += senders[i] == children[i];
  }
  SHOW(right);
}
