// MSG_NOERROR, MSG_EXCEPT, sizes and a full queue: msgop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/msg.h>

#include "relatives.h"

struct message {
  long type;
  char text[4096];
};

CASE {
  static struct message message;
  int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  NEED(id >= 0);
  message.type = 4;
  strcpy(message.text, "long message");
  SHOW(msgsnd(id, &message, 13, 0));
  SHOW(msgrcv(id, &message, 4, 0, 0));
  SHOW(msgrcv(id, &message, 4, 4, MSG_NOERROR));
  say("%.4s\n", message.text);
  message.type = 5;
  NEED(msgsnd(id, &message, 1, 0) == 0);
  message.type = 6;
  NEED(msgsnd(id, &message, 2, 0) == 0);
  SHOW(msgrcv(id, &message, 10, 5, MSG_EXCEPT));
  SHOW(message.type);
  message.type = 0;
  SHOW(msgsnd(id, &message, 1, 0));
  message.type = 1;
  SHOW(msgsnd(id, &message, (size_t)-1, 0));
  SHOW(msgsnd(-1, &message, 1, 0));
  struct gate full = make_gate();
  pid_t child;
  START(child) {
    int count = 0;
    while (msgsnd(id, &message, 4096, IPC_NOWAIT) == 0) count++;
    say("child: %d, then %s\n", count, errno_name(errno));
    open_gate(full);
    say("child: %s\n", msgsnd(id, &message, 4096, 0) == 0 ? "ok" : errno_name(errno));
  }
  pass_gate(full);
  NEED(msgrcv(id, &message, 4096, 1, 0) == 4096);
  reap("child", child);
  SHOW(msgctl(id, IPC_RMID, NULL));
}
