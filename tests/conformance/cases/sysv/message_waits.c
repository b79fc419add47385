// A waiting msgrcv gets what another process sends, and EIDRM when the queue is removed: msgop(2).
// marks: fork
#include <sys/ipc.h>
#include <sys/msg.h>

#include "relatives.h"

struct message {
  long type;
  int value;
};

CASE {
  int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600), answers = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  NEED(id >= 0 && answers >= 0);
  pid_t children[3];
  for (int i = 0; i < 3; i++) START(children[i]) {
      struct message message;
      while (msgrcv(id, &message, sizeof message.value, i + 1, 0) >= 0) {
        message.value *= 2;
        NEED(msgsnd(answers, &message, sizeof message.value, 0) == 0);
      }
      _exit(errno == EIDRM ? 50 : 51);
    }
  int sum = 0;
  for (int i = 0; i < 30; i++) {
    struct message message = {i % 3 + 1, i};
    NEED(msgsnd(id, &message, sizeof message.value, 0) == 0);
    NEED(msgrcv(answers, &message, sizeof message.value, i % 3 + 1, 0) == sizeof message.value);
    sum += message.value;
  }
  SHOW(sum);
  nap();
  SHOW(msgctl(id, IPC_RMID, NULL));
  for (int i = 0; i < 3; i++) {
    int code = WEXITSTATUS(ended(children[i]));
    // One that was not back in msgrcv yet is told EINVAL.
    say("child: %s\n", code == 50 || code == 51 ? "told" : "not told");
  }
  SHOW(msgctl(answers, IPC_RMID, NULL));
  SHOW(msgsnd(id, &(struct message){1, 1}, sizeof(int), 0));
}
