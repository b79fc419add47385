// process_vm_readv and process_vm_writev on a child's memory: process_vm_readv(2).
// marks: fork
#include <sys/uio.h>

#include "relatives.h"

static char text[64] = "common";

CASE {
  struct gate ready = make_gate(), go = make_gate();
  pid_t child;
  START(child) {
    strcpy(text, "child's text");
    open_gate(ready);
    pass_gate(go);
    say("child: %s\n", text);
  }
  pass_gate(ready);
  char got[64] = "";
  struct iovec local = {got, 12}, remote = {text, 12};
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  say("parent: %s, own %s\n", got, text);
  strcpy(got, "PARENT'S");
  local.iov_len = remote.iov_len = 8;
  SHOW(process_vm_writev(child, &local, 1, &remote, 1, 0));
  remote.iov_base = (void*)8;
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  open_gate(go);
  reap("child", child);
  remote.iov_base = text;
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
}
