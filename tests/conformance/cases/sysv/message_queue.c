// A message queue: order, types, sizes, errors: msgget(2), msgop(2).
#include <sys/msg.h>

#include "case.h"

struct message {
  long type;
  char text[64];
};

static long put(int queue, long type, const char* text) {
  struct message m = {.type = type};
  strcpy(m.text, text);
  return msgsnd(queue, &m, strlen(text) + 1, IPC_NOWAIT);
}

static void take(int queue, long type, size_t size, int flags) {
  struct message m = {0};
  errno = 0;
  long got = msgrcv(queue, &m, size, type, flags | IPC_NOWAIT);
  if (got < 0)
    say("take %ld: %s\n", type, errno_name(errno));
  else
    say("take %ld: type %ld, %ld bytes, %.*s\n", type, m.type, got, (int)got, m.text);
}

CASE {
  int queue = msgget(IPC_PRIVATE, 0600);
  NEED(queue >= 0);
  SHOW(put(queue, 3, "three"));
  SHOW(put(queue, 1, "one"));
  SHOW(put(queue, 2, "two"));
  SHOW(put(queue, 1, "one again"));
  SHOW(put(queue, 0, "none"));
  SHOW(put(queue, -1, "none"));
  take(queue, 1, 64, 0);
  take(queue, -2, 64, 0);
  take(queue, 3, 64, MSG_EXCEPT);
  take(queue, 7, 64, 0);
  take(queue, 0, 2, 0);
  take(queue, 0, 2, MSG_NOERROR);
  take(queue, 0, 64, 0);
  SHOW(put(queue, 5, ""));
  SHOW(put(queue, LONG_MAX, "most"));
  take(queue, LONG_MIN, 64, 0);
  take(queue, LONG_MIN, 0, MSG_NOERROR);
  SHOW(msgsnd(queue, (void*)8, 1, 0));
  SHOW(msgsnd(queue, &queue, (size_t)-1, 0));
  struct message m = {.type = 1};
  SHOW(msgsnd(queue, &m, 8193, 0));
  SHOW(msgrcv(queue, &m, (size_t)-1, 0, 0));
  SHOW(msgsnd(-1, &m, 1, 0));
  SHOW(msgrcv(0x7fffffff, &m, 1, 0, 0));
  SHOW(msgctl(queue, IPC_RMID, NULL));
  SHOW(msgctl(queue, IPC_RMID, NULL));
  SHOW(msgsnd(queue, &m, 1, 0));
  SHOW(msgrcv(queue, &m, 1, 0, 0));
}
