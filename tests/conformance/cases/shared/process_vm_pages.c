// process_vm_readv and process_vm_writev reach pages of a child that it never touched, shares since the fork, or may
// not write; lists of buffers; a child that waits in a system call: process_vm_readv(2). marks: fork
#include <sys/uio.h>

#include "relatives.h"

CASE {
  struct gate ready = make_gate(), go = make_gate();
  char* memory = fresh_pages(64);
  char* only_read = fresh_pages(1);
  memset(memory, 'a', 16 * KX_PAGE);
  strcpy(only_read, "read");
  NEED(mprotect(only_read, KX_PAGE, PROT_READ) == 0);
  NEED(mprotect(memory + 63 * KX_PAGE, KX_PAGE, PROT_NONE) == 0);
  pid_t child;
  START(child) {
    memset(memory + KX_PAGE, 'b', KX_PAGE);
    open_gate(ready);
    pass_gate(go);
    say("child: %c %c %c %d\n", memory[0], memory[1], memory[40 * KX_PAGE], memory[50 * KX_PAGE]);
    pid_t grandchild;
    START(grandchild) say("grandchild: %c %c\n", memory[0], memory[40 * KX_PAGE]);
    reap("grandchild", grandchild);
    open_gate(ready);
    pass_gate(go);
  }
  pass_gate(ready);
  static char got[64 * KX_PAGE];
  struct iovec local = {got, sizeof got}, remote = {memory, sizeof got};
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  say("%c %c %d\n", got[0], got[KX_PAGE], got[50 * KX_PAGE]);
  struct iovec parts[3] = {{got, 3}, {got + 10, 5000}, {got + 20000, 10}};
  struct iovec places[2] = {{memory + KX_PAGE - 2, 4000}, {memory + 2 * KX_PAGE - 1, 100}};
  SHOW(process_vm_readv(child, parts, 3, places, 2, 0));
  say("%.3s %c %c\n", got, got[10 + 3998], got[10 + 3999]);

  strcpy(got, "XYZ");
  local.iov_len = remote.iov_len = 1;
  SHOW(process_vm_writev(child, &local, 1, &remote, 1, 0));
  remote.iov_base = memory + 40 * KX_PAGE;
  SHOW(process_vm_writev(child, &local, 1, &remote, 1, 0));
  remote.iov_base = only_read;
  SHOW(process_vm_writev(child, &local, 1, &remote, 1, 0));
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  remote.iov_base = memory + 63 * KX_PAGE;
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  local.iov_base = NULL;
  remote.iov_base = memory;
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  say("own: %c %d\n", memory[0], memory[40 * KX_PAGE]);
  open_gate(go);
  pass_gate(ready);
  local.iov_base = got;
  SHOW(process_vm_readv(child, &local, 1, &remote, 1, 0));
  say("%c\n", got[0]);
  open_gate(go);
  reap("child", child);
}
