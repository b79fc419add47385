// A full queue, the longest message, messages without text: msgop(2), "EAGAIN".
#include <sys/msg.h>

#include "case.h"

static struct {
  long type;
  char text[8192];
} message;

CASE {
  int queue = msgget(IPC_PRIVATE, 0600);
  NEED(queue >= 0);
  message.type = 1;
  for (int i = 0; i < 8192; ++i) message.text[i] = (char)(i % 251);
  SHOW(msgsnd(queue, &message, 8192, IPC_NOWAIT));
  SHOW(msgsnd(queue, &message, 8192, IPC_NOWAIT));
  SHOW(msgsnd(queue, &message, 1, IPC_NOWAIT));
  struct msqid_ds state;
  SHOW(msgctl(queue, IPC_STAT, &state));
  say("%lu messages, %lu of %lu bytes\n", state.msg_qnum, state.__msg_cbytes, state.msg_qbytes);
  memset(&message, 0, sizeof message);
  SHOW(msgrcv(queue, &message, 8192, 0, 0));
  int right = 1;
  for (int i = 0; i < 8192; ++i) right &= message.text[i] == (char)(i % 251);
  CHECK(right);
  SHOW(msgrcv(queue, &message, 100, 0, MSG_NOERROR));
  int count = 0;
  while (msgsnd(queue, &message, 0, IPC_NOWAIT) == 0) ++count;
  say("%d messages without text, then %s\n", count, errno_name(errno));
  state.msg_qbytes = 100;
  SHOW(msgctl(queue, IPC_SET, &state));
  while (msgrcv(queue, &message, 0, 0, IPC_NOWAIT) == 0) --count;
  CHECK(count == 0);
  message.type = 1;
  SHOW(msgsnd(queue, &message, 101, IPC_NOWAIT));
  SHOW(msgsnd(queue, &message, 100, IPC_NOWAIT));
  SHOW(msgctl(queue, IPC_RMID, NULL));
}
