// What a shell does: a pipeline in a group of its own, made by parent and child, stopped, continued, ended: setpgid(2).
// marks: fork
#include "relatives.h"

CASE {
  int ends[2], out[2];
  NEED(pipe2(ends, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  struct gate gate = make_gate();
  pid_t first, second;
  START(first) {
    setpgid(0, 0);
    pass_gate(gate);
    NEED(dup2(ends[1], 1) == 1);
    execl("/bin/echo", "echo", "one", "two", (char*)NULL);
  }
  NEED(setpgid(first, first) == 0 || errno == EACCES);
  START(second) {
    setpgid(0, first);
    NEED(dup2(ends[0], 0) == 0 && dup2(out[1], 1) == 1);
    close(ends[1]);
    execl("/usr/bin/wc", "wc", "-w", (char*)NULL);
  }
  NEED(setpgid(second, first) == 0 || errno == EACCES);
  close(ends[0]);
  close(ends[1]);
  close(out[1]);
  int status;
  SHOW(kill(-first, SIGSTOP));
  for (int i = 0; i < 2; i++) {
    NEED(waitpid(-first, &status, WUNTRACED) > 0);
    say_status("member", status);
  }
  SHOW(kill(-first, SIGCONT));
  open_gate(gate);
  for (int i = 0; i < 2; i++) {
    NEED(waitpid(-first, &status, 0) > 0);
    say_status("member", status);
  }
  char text[16] = "";
  NEED(read(out[0], text, 15) > 0);
  say("%s", text);
  SHOW(waitpid(-first, &status, 0));
}
