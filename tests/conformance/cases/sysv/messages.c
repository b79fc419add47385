// A System V message queue: types choose messages, in order within a type: msgop(2).
// marks: fork, lane
#include <sys/ipc.h>
#include <sys/msg.h>

#include "relatives.h"

struct message {
  long type;
  char text[32];
};

CASE {
  int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  NEED(id >= 0);
  pid_t child;
  START(child) {
    const long types[] = {3, 1, 2, 3, 1};
    for (int i = 0; i < 5; i++) {
      struct message message = {.type = types[i]};
      int size = snprintf(message.text, sizeof message.text, "number %d", i);
      NEED(msgsnd(id, &message, (size_t)size, 0) == 0);
    }
  }
  reap("child", child);
  const long wanted[] = {3, -2, 0, -9, 0};
  for (int i = 0; i < 5; i++) {
    struct message message = {0};
    ssize_t size = msgrcv(id, &message, sizeof message.text, wanted[i], 0);
    say("wanted %ld: %ld bytes, type %ld, %s\n", wanted[i], (long)size, message.type, message.text);
  }
  struct message message;
  SHOW(msgrcv(id, &message, sizeof message.text, 0, IPC_NOWAIT));
  struct msqid_ds information;
  NEED(msgctl(id, IPC_STAT, &information) == 0);
  say("left %ld, last sender %d, last receiver %d\n", (long)information.msg_qnum, information.msg_lspid == child,
      information.msg_lrpid == getpid());
  SHOW(msgctl(id, IPC_RMID, NULL));
}
