// What msgctl(2) tells and sets.
#include <sys/msg.h>
#include <time.h>

#include "case.h"

CASE {
  int queue = msgget(IPC_PRIVATE, 0640);
  NEED(queue >= 0);
  struct msqid_ds state;
  time_t before = time(NULL) - 1;
  SHOW(msgctl(queue, IPC_STAT, &state));
  say("mode %o, key %d\n", state.msg_perm.mode, state.msg_perm.__key);
  CHECK(state.msg_perm.uid == geteuid() && state.msg_perm.cuid == geteuid());
  CHECK(state.msg_perm.gid == getegid() && state.msg_perm.cgid == getegid());
  CHECK(state.msg_stime == 0 && state.msg_rtime == 0 && state.msg_ctime >= before);
  CHECK(state.msg_lspid == 0 && state.msg_lrpid == 0);
  struct {
    long type;
    char text[8];
  } m = {1, "text"};
  NEED(msgsnd(queue, &m, 5, 0) == 0);
  SHOW(msgctl(queue, IPC_STAT, &state));
  CHECK(state.msg_lspid == getpid() && state.msg_lrpid == 0 && state.msg_stime >= before);
  say("%lu messages, %lu bytes\n", state.msg_qnum, state.__msg_cbytes);
  NEED(msgrcv(queue, &m, 8, 0, 0) == 5);
  SHOW(msgctl(queue, IPC_STAT, &state));
  CHECK(state.msg_lrpid == getpid() && state.msg_rtime >= before);
  state.msg_perm.mode = 01777;
  state.msg_qbytes = 1000;
  SHOW(msgctl(queue, IPC_SET, &state));
  SHOW(msgctl(queue, IPC_STAT, &state));
  say("mode %o, %lu bytes\n", state.msg_perm.mode, state.msg_qbytes);
  state.msg_perm.uid = (uid_t)-1;
  SHOW(msgctl(queue, IPC_SET, &state));
  SHOW(msgctl(queue, 77, &state));
  SHOW(msgctl(queue, -1, &state));
  SHOW(msgctl(-1, IPC_STAT, &state));
  SHOW(msgctl(queue, IPC_STAT, (struct msqid_ds*)8));
  SHOW(msgctl(queue, IPC_SET, (struct msqid_ds*)8));
  struct msginfo info;
  CHECK(msgctl(0, IPC_INFO, (struct msqid_ds*)&info) >= 0);
  say("msgmax %d msgmnb %d\n", info.msgmax, info.msgmnb);
  int highest = msgctl(0, MSG_INFO, (struct msqid_ds*)&info);
  CHECK(highest >= 0 && info.msgpool >= 1);
  int found = 0;
  for (int i = 0; i <= highest; ++i) found |= msgctl(i, MSG_STAT, &state) == queue;
  CHECK(found);
  SHOW(msgctl(queue, IPC_RMID, NULL));
}
