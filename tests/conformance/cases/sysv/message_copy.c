// MSG_COPY looks at a message by its position: msgop(2).
#include <sys/msg.h>

#include "case.h"

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

struct message {
  long type;
  char text[16];
};

CASE {
  int queue = msgget(IPC_PRIVATE, 0600);
  NEED(queue >= 0);
  struct message m = {4, "first"};
  NEED(msgsnd(queue, &m, 6, 0) == 0);
  m = (struct message){2, "second"};
  NEED(msgsnd(queue, &m, 7, 0) == 0);
  SHOW(msgrcv(queue, &m, 16, 1, MSG_COPY | IPC_NOWAIT));
  say("%ld %s\n", m.type, m.text);
  SHOW(msgrcv(queue, &m, 16, 0, MSG_COPY | IPC_NOWAIT));
  say("%ld %s\n", m.type, m.text);
  SHOW(msgrcv(queue, &m, 16, 2, MSG_COPY | IPC_NOWAIT));
  SHOW(msgrcv(queue, &m, 3, 0, MSG_COPY | IPC_NOWAIT));
  SHOW(msgrcv(queue, &m, 3, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR));
  SHOW(msgrcv(queue, &m, 16, 0, MSG_COPY));
  SHOW(msgrcv(queue, &m, 16, 0, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT));
  struct msqid_ds state;
  SHOW(msgctl(queue, IPC_STAT, &state));
  SHOW(state.msg_qnum);
  SHOW(msgctl(queue, IPC_RMID, NULL));
}
