// Descriptors of queues are inherited and closed by exec: mq_overview(7).
// marks: fork
// libs: -lrt
#define KX_CASE_OWN_MAIN
#include "queue.h"
#include "rerun.h"

AGAIN {
  struct mq_attr attributes;
  SHOW(mq_getattr(atoi(words[0]), &attributes));
  mqd_t queue = mq_open(words[1], O_WRONLY);
  NEED(queue >= 0);
  SHOW(mq_send(queue, "new", 4, 1));
  return 0;
}

CASE {
  struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 8};
  mqd_t queue = fresh_queue(O_RDWR | O_CREAT | O_EXCL, &attributes);
  pid_t child;
  START(child) {
    NEED(mq_send(queue, "old", 4, 2) == 0);
    char number[16];
    snprintf(number, sizeof number, "%d", queue);
    rerun(number, queue_name);
  }
  reap("child", child);
  char text[8] = "";
  NEED(mq_receive(queue, text, 8, NULL) == 4);
  say("%s\n", text);
  NEED(mq_receive(queue, text, 8, NULL) == 4);
  say("%s\n", text);
  SHOW(mq_unlink(queue_name));
}
