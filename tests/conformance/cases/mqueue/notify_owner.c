// Who may register with a queue, what ends a registration and what does not: mq_notify(3).
// marks: fork
// libs: -lrt
#include "queue.h"

static sigset_t set;

static void show_signal(const char* when) {
  siginfo_t info;
  struct timespec now = {0, 0};
  int number = sigtimedwait(&set, &info, &now);
  say("%s: %s\n", when, number == SIGUSR1 ? "told" : errno_name(errno));
}

static mqd_t queue;

static void drop(int count) {
  char text[8];
  while (count-- > 0) NEED(mq_receive(queue, text, sizeof text, NULL) >= 0);
}

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 8};
  queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, &attributes);
  set = set_of(SIGUSR1);
  NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  pid_t child;

  SHOW(mq_notify(queue, &event));
  SHOW(mq_notify(queue, &event));
  SHOW(mq_notify(queue, NULL));
  SHOW(mq_notify(queue, NULL));
  NEED(mq_send(queue, "a", 2, 0) == 0);
  show_signal("after it was taken back");
  SHOW(mq_notify(queue, &event));
  NEED(mq_send(queue, "b", 2, 0) == 0);
  show_signal("queue that was not empty");
  drop(2);
  START(child) {
    SHOW(mq_notify(queue, NULL));
    mqd_t other = mq_open(queue_name, O_RDONLY);
    SHOW(mq_notify(other, &event));
    SHOW(mq_close(other));
    SHOW(mq_close(queue));
  }
  reap("one that is not registered", child);
  NEED(mq_send(queue, "c", 2, 0) == 0);
  show_signal("empty queue");
  drop(1);
  NEED(mq_send(queue, "d", 2, 0) == 0);
  show_signal("the second time");
  drop(1);

  START(child) SHOW(mq_notify(queue, &event));
  reap("one that ends", child);
  SHOW(mq_notify(queue, &none));
  START(child) SHOW(mq_notify(queue, &event));
  reap("another", child);
  NEED(mq_send(queue, "e", 2, 0) == 0);
  show_signal("none");
  drop(1);
  SHOW(mq_notify(queue, &event));
  mqd_t other = mq_open(queue_name, O_RDONLY);
  SHOW(mq_close(other));
  NEED(mq_send(queue, "f", 2, 0) == 0);
  show_signal("after the process closed the queue once");

  event.sigev_notify = 17;
  SHOW(mq_notify(queue, &event));
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = 65;
  SHOW(mq_notify(queue, &event));
  SHOW(mq_notify(0, &none));
  SHOW(mq_notify(99, &none));
  SHOW(syscall(SYS_mq_notify, queue, 8));
  SHOW(mq_unlink(queue_name));
}
