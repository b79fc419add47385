// mq_notify sends a signal when a message of another process comes to an empty queue, once: mq_notify(3).
// marks: fork
// libs: -lrt
#include "queue.h"

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 8};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, &attributes);
  sigset_t set = set_of(SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 12}};
  SHOW(mq_notify(queue, &event));
  pid_t child;
  START(child) {
    SHOW(mq_notify(queue, &event));
    NEED(mq_send(queue, "a", 2, 0) == 0 && mq_send(queue, "b", 2, 0) == 0);
  }
  reap("child", child);
  siginfo_t info;
  struct timespec now = {0, 0};
  SHOW(sigtimedwait(&set, &info, &now) == SIGUSR1);
  say("code %d, value %d, sender %d\n", info.si_code, info.si_value.sival_int, info.si_pid == child);
  SHOW(sigtimedwait(&set, &info, &now));
  SHOW(mq_notify(queue, NULL));
  SHOW(mq_unlink(queue_name));
}
